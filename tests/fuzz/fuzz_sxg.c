/* SPDX-License-Identifier: Apache-2.0 */
#include "format_fuzz.h"

FORMAT_FUZZ(sxg)

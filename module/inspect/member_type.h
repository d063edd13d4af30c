/* SPDX-License-Identifier: Apache-2.0 */
/* member_type.h - the media type of a file by the end of its name, where nothing else tells it:
 * of the kinds that cannot be told by their first bytes. */
#ifndef OPTOUT_INSPECT_MEMBER_TYPE_H
#define OPTOUT_INSPECT_MEMBER_TYPE_H

#include "core/slice.h"

/* An empty slice when it tells nothing. */
struct slice member_type_of_name(struct slice name);

#endif

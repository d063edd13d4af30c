/* SPDX-License-Identifier: Apache-2.0 */
#include "site_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return site_file_fuzz(trust_txt_parse, data, size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* reasons.h - why something is undecided, from what a reader answered. OPTOUT_E_UNSUP means
 * what the reader's own header says: a coding nobody knows, an encrypted file. */
#ifndef OPTOUT_INSPECT_REASONS_H
#define OPTOUT_INSPECT_REASONS_H

#include "core/rc.h"
#include "core/undecided.h"

enum reader_kind { READER_OF_CODING, READER_OF_PAGE, READER_OF_FILE, READER_OF_PACKET };

/* Empty when nothing is missing. */
static inline undecided_set reasons_of(enum reader_kind reader, enum optout_rc rc)
{
    static const struct {
        uint8_t syntax, limit, unsupported;
    } table[] = {
        [READER_OF_CODING] = { UNDECIDED_CODING, UNDECIDED_LIMIT_EXPANSION, UNDECIDED_CODING },
        [READER_OF_PAGE] = { UNDECIDED_LIMIT_SIGNALS, UNDECIDED_LIMIT_SIGNALS,
                             UNDECIDED_LIMIT_SIGNALS },
        [READER_OF_FILE] = { UNDECIDED_MALFORMED, UNDECIDED_LIMIT_METADATA,
                             UNDECIDED_ENCRYPTED },
        [READER_OF_PACKET] = { UNDECIDED_MALFORMED, UNDECIDED_LIMIT_METADATA,
                               UNDECIDED_MALFORMED },
    };
    if (rc >= 0)
        return 0;
    return undecided_bit(rc == OPTOUT_E_NOMEM   ? UNDECIDED_LIMIT_MEMORY
                         : rc == OPTOUT_E_LIMIT ? table[reader].limit
                         : rc == OPTOUT_E_UNSUP ? table[reader].unsupported
                                                : table[reader].syntax);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* endless.h - answers that may never end, told by their head. */
#ifndef OPTOUT_HTTP_ENDLESS_H
#define OPTOUT_HTTP_ENDLESS_H

#include "http/exchange.h"

/* A stream of events, of JSON values, of pictures, or a radio station: nobody announced
 * its length, and whoever waits for its end waits in vain. */
bool exchange_is_endless(const struct exchange *x);

#endif

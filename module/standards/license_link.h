/* SPDX-License-Identifier: Apache-2.0 */
/* license_link.h - which of the licence links says where a licence can be had. */
#ifndef OPTOUT_STANDARDS_LICENSE_LINK_H
#define OPTOUT_STANDARDS_LICENSE_LINK_H

#include "core/signal.h"

enum { LICENCE_OFFER = 1 }; /* signal.property */

static inline bool license_link_offers(const struct signal *s)
{
    return s->standard == STD_LICENSE_LINK && s->property == LICENCE_OFFER;
}

#endif

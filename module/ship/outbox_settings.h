/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_settings.h - within the outbox: the one other file that knows librdkafka. */
#ifndef OPTOUT_SHIP_OUTBOX_SETTINGS_H
#define OPTOUT_SHIP_OUTBOX_SETTINGS_H

#include "ship/outbox.h"

#include <librdkafka/rdkafka.h>

struct outbox_settings {
    rd_kafka_conf_t *conf;
};

#endif

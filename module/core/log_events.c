/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log_events.h"

static const struct log_event_row rows[LOG_EVENT_KINDS] = {
#define LOG_EVENT_ROW(name, word, priority, field, id) { word, field, id, LOG_PRIORITY_##priority },
    LOG_EVENTS(LOG_EVENT_ROW)
#undef LOG_EVENT_ROW
};

const struct log_event_row *log_event_row(enum log_event e)
{
    return &rows[e];
}

#include "console/look_back.h"

#define FIRST_MS INT64_C(10000)
#define FACTOR 8
#define LAST_MS                                                                \
    INT64_C(1000000000) /* eleven days: the next one has no begin              \
                         */

void look_back_init(struct look_back *look, int64_t base_ms, int64_t from_ms)
{
    *look = (struct look_back){.base_ms = base_ms,
                               .from_ms = from_ms,
                               .begin_ms = LOOK_BACK_OPEN,
                               .end_ms = LOOK_BACK_OPEN};
}

bool look_back_next(struct look_back *look)
{
    if (look->is_done)
        return false;
    if (look->width_ms == 0) {
        look->width_ms = FIRST_MS;
    } else {
        look->end_ms = look->begin_ms;
        look->width_ms *= FACTOR;
    }
    look->begin_ms = look->base_ms - look->width_ms;
    if (look->width_ms > LAST_MS || look->begin_ms <= look->from_ms) {
        look->begin_ms = look->from_ms;
        look->is_done = true;
    }
    return true;
}

#include "console/offset_plan.h"

/* A group whose offset is none, or none that is there, begins at the first. */
static int64_t from_of(const struct offset_partition *partition)
{
    int64_t committed = partition->committed;

    return committed >= partition->span.begin &&
                   committed <= partition->span.end
               ? committed
               : partition->span.begin;
}

static int64_t wanted(const struct offset_wish *wish,
                      const struct offset_partition *partition, int64_t from)
{
    const struct kafka_span *span = &partition->span;

    switch (wish->target) {
    case OFFSET_TO_EARLIEST:
        return span->begin;
    case OFFSET_TO_LATEST:
        return span->end;
    case OFFSET_TO_OFFSET:
        return wish->value;
    case OFFSET_TO_TIME:
        return partition->at_time != KAFKA_NO_OFFSET ? partition->at_time
                                                     : span->end;
    case OFFSET_SHIFT_BY:
        /* Neither sum can overflow: offsets are not negative. */
        return wish->value > span->end - from ? span->end + 1
                                              : from + wish->value;
    }
    return from;
}

struct offset_move offset_plan(const struct offset_wish *wish,
                               const struct offset_partition *partition)
{
    const struct kafka_span *span = &partition->span;
    struct offset_move move = {.from = from_of(partition)};
    int64_t to = wanted(wish, partition, move.from);

    move.to = to < span->begin ? span->begin : to > span->end ? span->end : to;
    move.is_clamped = move.to != to;
    move.replayed = move.from > move.to ? move.from - move.to : 0;
    move.skipped = move.to > move.from ? move.to - move.from : 0;
    return move;
}

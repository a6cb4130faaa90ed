#include "consumer/registers.h"

#include <stdlib.h>

static int compare_keys(enum entity_kind kind_a, struct slice a,
                        enum entity_kind kind_b, struct slice b)
{
    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    return slice_compare(a, b);
}

static int compare_mentions(const void *a, const void *b)
{
    const struct mention *left = *(const struct mention *const *)a;
    const struct mention *right = *(const struct mention *const *)b;

    return compare_keys(left->kind, left->id, right->kind, right->id);
}

/* All mentions of all events, sorted by what they mention. */
static struct mention **sorted_mentions(struct event *const *events,
                                        size_t count, struct arena *arena,
                                        size_t *ret_count)
{
    struct mention **mentions =
        arena_get(arena, (count * EVENT_MENTIONS_MAX + 1) * sizeof(*mentions));
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < events[i]->mention_count; m++)
            mentions[used++] = &events[i]->mentions[m];
    qsort(mentions, used, sizeof(*mentions), compare_mentions);
    *ret_count = used;
    return mentions;
}

struct registers registers_of(struct event *const *events, size_t count,
                              struct arena *arena)
{
    size_t used;
    struct mention **mentions = sorted_mentions(events, count, arena, &used);
    struct registers regs = {
        .items = arena_get(arena, (used + 1) * sizeof(*regs.items))};

    for (size_t i = 0; i < used; i++) {
        if (i == 0 || compare_mentions(&mentions[i - 1], &mentions[i]) != 0) {
            regs.items[regs.count++] = (struct entity_register){
                .kind = mentions[i]->kind, .id = mentions[i]->id};
        }
        mentions[i]->entity = &regs.items[regs.count - 1];
    }
    return regs;
}

struct entity_register *registers_find(const struct registers *regs,
                                       enum entity_kind kind, struct slice id)
{
    size_t low = 0, high = regs->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct entity_register *reg = &regs->items[middle];
        int order = compare_keys(reg->kind, reg->id, kind, id);
        if (order == 0)
            return reg;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

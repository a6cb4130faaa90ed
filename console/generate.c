#include "console/generate.h"

#include "console/render.h"
#include "shared/arena.h"
#include "shared/memory.h"

#include <stdlib.h>
#include <string.h>

#define BODY_BYTES_MAX (1 << 20)

enum purpose { FOR_EVENT_ID = 2, FOR_DUPLICATES, FOR_ORDER };

struct generator {
    struct load load;
    struct world *world;
    struct dice duplicates;
    struct buffer body; /* of the last event */
    char id[PROFILE_ID_BYTES];
    uint32_t made;
    bool is_due_again;

    /* shuffled: everything, in the order it is to be given out */
    struct arena arena;
    struct generated *all;
    uint32_t all_count;
    uint32_t given;
};

static void id_of_event(uint64_t seed, uint64_t number,
                        char ret_id[PROFILE_ID_BYTES])
{
    struct dice dice = dice_for(seed, (uint64_t)FOR_EVENT_ID << 32 | number);

    profile_id("msg_", dice_roll(&dice), ret_id);
}

static bool next_in_order(struct generator *generator, struct generated *ret)
{
    struct world_event event;

    if (generator->is_due_again) {
        generator->is_due_again = false;
    } else {
        if (generator->made == generator->load.count)
            return false;
        world_next(generator->world, &event);
        buffer_clear(&generator->body);
        render_event(&event, &generator->body);
        id_of_event(generator->load.seed, generator->made++, generator->id);
        generator->is_due_again = dice_percent(
            &generator->duplicates, generator->load.duplicates_percent);
    }
    ret->body = buffer_slice(&generator->body);
    memcpy(ret->id, generator->id, sizeof(ret->id));
    return true;
}

static void keep_all(struct generator *generator)
{
    size_t most = (size_t)generator->load.count * 2;
    struct generated event;

    generator->all = memory_new(most * sizeof(*generator->all));
    while (next_in_order(generator, &event)) {
        event.body = arena_copy(&generator->arena, event.body);
        generator->all[generator->all_count++] = event;
    }
}

/* Fisher and Yates. */
static void shuffle(struct generator *generator)
{
    struct dice dice = dice_for(generator->load.seed, FOR_ORDER);

    for (uint32_t left = generator->all_count; left > 1; left--) {
        uint32_t other = dice_below(&dice, left);
        struct generated event = generator->all[left - 1];
        generator->all[left - 1] = generator->all[other];
        generator->all[other] = event;
    }
}

struct generator *generator_new(const struct load *load)
{
    struct generator *generator = memory_new(sizeof(*generator));

    generator->load = *load;
    generator->world = world_new(load->seed);
    generator->duplicates = dice_for(load->seed, FOR_DUPLICATES);
    buffer_init(&generator->body, BODY_BYTES_MAX);
    if (load->is_shuffled) {
        keep_all(generator);
        shuffle(generator);
    }
    return generator;
}

void generator_free(struct generator *generator)
{
    if (generator == NULL)
        return;
    world_free(generator->world);
    buffer_release(&generator->body);
    arena_release(&generator->arena);
    free(generator->all);
    free(generator);
}

bool generator_next(struct generator *generator, struct generated *ret_event)
{
    if (!generator->load.is_shuffled)
        return next_in_order(generator, ret_event);
    if (generator->given == generator->all_count)
        return false;
    *ret_event = generator->all[generator->given++];
    return true;
}

void generate_one(uint64_t seed, enum event_type type, struct buffer *body,
                  char ret_id[PROFILE_ID_BYTES])
{
    static const enum event_type story[EVENT_TYPES] = {
        USER_CREATED,       ORGANIZATION_CREATED, MEMBERSHIP_CREATED,
        USER_UPDATED,       ORGANIZATION_UPDATED, MEMBERSHIP_UPDATED,
        MEMBERSHIP_DELETED, ORGANIZATION_DELETED, USER_DELETED,
    };
    struct world *world = world_new(seed);
    struct world_event event;
    unsigned chapter = 0;

    do
        if (!world_make(world, story[chapter], &event))
            abort();
    while (story[chapter++] != type);
    render_event(&event, body);
    /* Counted from the end, where no load has its numbers. */
    id_of_event(seed, UINT32_MAX - (uint64_t)type, ret_id);
    world_free(world);
}

void generate_id(struct slice body, char ret_id[PROFILE_ID_BYTES])
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */

    for (size_t i = 0; i < body.size; i++)
        hash = (hash ^ (unsigned char)body.data[i]) * UINT64_C(0x100000001B3);
    profile_id("msg_", hash, ret_id);
}

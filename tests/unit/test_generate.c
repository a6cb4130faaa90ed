/* What `clerkstream send` sends: the same seed, the same events. */
#include "console/generate.h"
#include "shared/arena.h"
#include "shared/envelope.h"
#include "shared/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 3000

/* All events of a load, kept. */
struct events {
    struct arena arena;
    struct generated *list;
    size_t count;
};

static struct events all_of(struct load load)
{
    struct events events = {.count = 0};
    struct generator *generator = generator_new(&load);

    events.list = memory_new(2 * load.count * sizeof(*events.list));
    while (generator_next(generator, &events.list[events.count])) {
        struct generated *event = &events.list[events.count++];
        event->body = arena_copy(&events.arena, event->body);
    }
    assert_false(generator_next(generator, &events.list[0]));
    generator_free(generator);
    return events;
}

static void release(struct events *events)
{
    arena_release(&events->arena);
    free(events->list);
}

static bool is_same(const struct generated *a, const struct generated *b)
{
    return strcmp(a->id, b->id) == 0 && slice_equal(a->body, b->body);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct events one = all_of((struct load){.seed = 42, .count = COUNT});
    struct events two = all_of((struct load){.seed = 42, .count = COUNT});

    (void)state;
    assert_int_equal(one.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(is_same(&one.list[i], &two.list[i]));
    release(&one);
    release(&two);
}

static void another_seed_gives_other_events(void **state)
{
    struct events one = all_of((struct load){.seed = 1, .count = COUNT});
    struct events two = all_of((struct load){.seed = 2, .count = COUNT});

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_not_equal(one.list[i].id, two.list[i].id);
        assert_false(slice_equal(one.list[i].body, two.list[i].body));
    }
    release(&one);
    release(&two);
}

static void a_longer_load_begins_with_the_shorter(void **state)
{
    struct events one = all_of((struct load){.seed = 3, .count = COUNT});
    struct events two = all_of((struct load){.seed = 3, .count = COUNT / 2});

    (void)state;
    for (size_t i = 0; i < COUNT / 2; i++)
        assert_true(is_same(&one.list[i], &two.list[i]));
    release(&one);
    release(&two);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct generated *)a)->id,
                  ((const struct generated *)b)->id);
}

static void ids_are_unique(void **state)
{
    struct events events = all_of((struct load){.seed = 4, .count = COUNT});

    (void)state;
    qsort(events.list, events.count, sizeof(*events.list), by_id);
    for (size_t i = 1; i < events.count; i++)
        assert_string_not_equal(events.list[i - 1].id, events.list[i].id);
    release(&events);
}

static void shuffled_are_the_same_events_in_another_order(void **state)
{
    struct load load = {.seed = 5, .count = COUNT, .duplicates_percent = 10};
    struct events sorted = all_of(load), shuffled;
    size_t moved = 0;

    (void)state;
    load.is_shuffled = true;
    shuffled = all_of(load);
    assert_int_equal(sorted.count, shuffled.count);
    for (size_t i = 0; i < sorted.count; i++)
        moved += !is_same(&sorted.list[i], &shuffled.list[i]);
    assert_true(moved > sorted.count * 9 / 10);
    qsort(sorted.list, sorted.count, sizeof(*sorted.list), by_id);
    qsort(shuffled.list, shuffled.count, sizeof(*shuffled.list), by_id);
    for (size_t i = 0; i < sorted.count; i++)
        assert_true(is_same(&sorted.list[i], &shuffled.list[i]));
    release(&sorted);
    release(&shuffled);
}

static void duplicates_come_right_behind_and_change_nothing_else(void **state)
{
    struct load load = {.seed = 6, .count = COUNT};
    struct events once = all_of(load), twice;
    size_t at = 0, duplicates = 0;

    (void)state;
    load.duplicates_percent = 25;
    twice = all_of(load);
    for (size_t i = 0; i < twice.count; i++) {
        if (at > 0 && is_same(&twice.list[i], &once.list[at - 1]))
            duplicates++;
        else
            assert_true(is_same(&twice.list[i], &once.list[at++]));
    }
    assert_int_equal(at, COUNT);
    assert_in_range(duplicates, COUNT / 5, COUNT * 3 / 10);
    release(&once);
    release(&twice);
}

static enum event_type type_of(struct slice type)
{
    int i = 0;

    while (event_type_names[i] != NULL && !slice_is(type, event_type_names[i]))
        i++;
    return (enum event_type)i;
}

/* The key that the event's record will have. */
static struct slice key_of(const struct envelope *env, enum event_type type,
                           struct arena *arena)
{
    bool is_membership =
        type >= MEMBERSHIP_CREATED && type <= MEMBERSHIP_DELETED;

    return envelope_text(env,
                         is_membership
                             ? json_get(env->json, env->data, "organization")
                             : env->data,
                         "id", arena);
}

static void every_event_is_an_envelope_with_a_key(void **state)
{
    struct events events = all_of((struct load){.seed = 7, .count = COUNT});
    size_t counts[EVENT_TYPES + 1] = {0};
    struct json_document doc = {.count = 0};
    struct arena arena = {.chunks = NULL};
    int64_t last_ms = 0;

    (void)state;
    for (size_t i = 0; i < events.count; i++) {
        struct envelope env;
        struct error err;
        enum event_type type;
        if (envelope_parse(events.list[i].body, &doc, &arena, &env, &err) != 0)
            fail_msg("%s", err.text);
        type = type_of(env.type);
        counts[type]++;
        assert_true(key_of(&env, type, &arena).size > 27);
        assert_int_equal(env.timestamp.state, INSTANT_PRESENT);
        assert_true(env.timestamp.ms > last_ms);
        last_ms = env.timestamp.ms;
        assert_in_range(events.list[i].body.size, 250, 4096);
    }
    for (int type = 0; type < EVENT_TYPES; type++)
        assert_true(counts[type] > 0);
    assert_int_equal(counts[EVENT_TYPES], 0);
    json_release(&doc);
    arena_release(&arena);
    release(&events);
}

static void one_event_of_each_type_can_be_had(void **state)
{
    char ids[EVENT_TYPES][PROFILE_ID_BYTES];

    (void)state;
    for (int type = 0; type < EVENT_TYPES; type++) {
        struct json_document doc = {.count = 0};
        struct arena arena = {.chunks = NULL};
        struct buffer body;
        struct envelope env;
        struct error err;

        buffer_init(&body, 1 << 20);
        generate_one(8, (enum event_type)type, &body, ids[type]);
        assert_int_equal(
            envelope_parse(buffer_slice(&body), &doc, &arena, &env, &err), 0);
        assert_int_equal(type_of(env.type), type);
        for (int other = 0; other < type; other++)
            assert_string_not_equal(ids[other], ids[type]);
        json_release(&doc);
        arena_release(&arena);
        buffer_release(&body);
    }
}

static void the_nine_of_one_seed_are_about_the_same_three(void **state)
{
    struct buffer created, deleted;
    char id[PROFILE_ID_BYTES];
    const char *user;

    (void)state;
    buffer_init(&created, 1 << 20);
    buffer_init(&deleted, 1 << 20);
    generate_one(9, USER_DELETED, &deleted, id);
    generate_one(9, MEMBERSHIP_DELETED, &created, id);
    user = strstr(deleted.data, ":\"user_");
    assert_non_null(user);
    user = memory_copy(user, strlen(":\"user_\"") + 27);
    assert_non_null(strstr(created.data, user));
    buffer_clear(&created);
    generate_one(9, USER_CREATED, &created, id);
    assert_non_null(strstr(created.data, user));
    buffer_clear(&created);
    generate_one(10, USER_CREATED, &created, id);
    assert_null(strstr(created.data, user));
    free((void *)(uintptr_t)user);
    buffer_release(&created);
    buffer_release(&deleted);
}

static void a_files_id_follows_from_its_bytes(void **state)
{
    char one[PROFILE_ID_BYTES], two[PROFILE_ID_BYTES];

    (void)state;
    generate_id(slice_of("{}"), one);
    generate_id(slice_of("{}"), two);
    assert_string_equal(one, two);
    assert_int_equal(strlen(one), strlen("msg_") + 27);
    generate_id(slice_of("{ }"), two);
    assert_string_not_equal(one, two);
    generate_id(slice_of("{]"), two);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(another_seed_gives_other_events),
        cmocka_unit_test(a_longer_load_begins_with_the_shorter),
        cmocka_unit_test(ids_are_unique),
        cmocka_unit_test(shuffled_are_the_same_events_in_another_order),
        cmocka_unit_test(duplicates_come_right_behind_and_change_nothing_else),
        cmocka_unit_test(every_event_is_an_envelope_with_a_key),
        cmocka_unit_test(one_event_of_each_type_can_be_had),
        cmocka_unit_test(the_nine_of_one_seed_are_about_the_same_three),
        cmocka_unit_test(a_files_id_follows_from_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

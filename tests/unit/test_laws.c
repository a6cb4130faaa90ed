/* The merge as an algebra: whatever the tables are and whichever batches X and
 * Y come, X then Y is Y then X (commutative), is X and Y in one batch
 * (associative), and X then X is X (idempotent).  What follows for whole
 * histories, test_orders.c walks. */
#include "tests/lib/figures.h"
#include "tests/unit/small_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define STEP 5 /* every fifth of the larger batches */
#else
#define STEP 1
#endif

#define BATCH_EVENTS_MAX 2
struct batch {
    int events[2 * BATCH_EVENTS_MAX];
    int count;
};

/* Some state of the database, and which events made it. */
struct state {
    struct tables tables;
    uint64_t events;
};

static struct state state_before;

static void print_batch(const char *name, const struct batch *batch)
{
    print_error("%s:", name);
    for (int i = 0; i < batch->count; i++)
        print_error(" [%s]", world[batch->events[i]].name);
    print_error("\n");
}

static void then(struct state *state, const struct batch *batch)
{
    const char *wrong = history_merge(&state->tables, state->events,
                                      batch->events, batch->count);

    state->events |= history_set(batch->events, batch->count);
    if (wrong == NULL)
        return;
    print_batch("in", batch);
    fail_msg("%s", wrong);
}

static struct batch joined(const struct batch *x, const struct batch *y)
{
    struct batch both = *x;

    for (int i = 0; i < y->count; i++)
        both.events[both.count++] = y->events[i];
    return both;
}

static void assert_equal(const char *law, const struct state *a,
                         const struct state *b, const struct batch *x,
                         const struct batch *y)
{
    const char *difference = tables_difference(&a->tables, &b->tables);

    if (difference == NULL)
        return;
    for (int i = 0; i < WORLD; i++)
        if (state_before.events & 1ULL << i)
            print_error("after [%s]\n", world[i].name);
    print_batch("X", x);
    print_batch("Y", y);
    fail_msg("not %s: %s", law, difference);
}

/* All three, for the tables of state_before. */
static void assert_laws(const struct batch *x, const struct batch *y)
{
    static struct state xy, yx, both, again;
    struct batch in_one = joined(x, y), twice = joined(y, y);

    xy = yx = both = state_before;
    then(&xy, x);
    then(&xy, y);
    then(&yx, y);
    then(&yx, x);
    assert_equal("commutative", &xy, &yx, x, y);
    then(&both, &in_one);
    assert_equal("associative", &xy, &both, x, y);
    again = xy;
    then(&again, y);
    assert_equal("idempotent", &xy, &again, x, y);
    then(&again, &twice);
    assert_equal("idempotent in one batch", &xy, &again, x, y);
}

static struct batch batch_of_one(int event)
{
    return (struct batch){{event}, 1};
}

static void the_laws_hold_for_any_two_events_after_any_other(void **state)
{
    (void)state;
    for (int before = -1; before < WORLD; before++) {
        struct batch first = batch_of_one(before);
        memset(&state_before, 0, sizeof(state_before));
        if (before >= 0)
            then(&state_before, &first);
        for (int x = 0; x < WORLD; x++) {
            for (int y = 0; y < WORLD; y++) {
                struct batch left = batch_of_one(x), right = batch_of_one(y);
                assert_laws(&left, &right);
            }
        }
    }
}

/* The place-th of all ordered pairs of events. */
static struct batch batch_of_two(int place)
{
    return (struct batch){{place / WORLD, place % WORLD}, 2};
}

static void they_hold_for_any_event_and_any_batch_of_two(void **state)
{
    (void)state;
    memset(&state_before, 0, sizeof(state_before));
    for (int x = 0; x < WORLD * WORLD; x += STEP) {
        for (int y = 0; y < WORLD; y++) {
            struct batch left = batch_of_two(x), right = batch_of_one(y);
            assert_laws(&left, &right);
        }
    }
}

/* Each with every 31st of the others. */
static void they_hold_for_batches_of_two(void **state)
{
    (void)state;
    memset(&state_before, 0, sizeof(state_before));
    for (int x = 0; x < WORLD * WORLD; x += STEP) {
        for (int y = x % 31; y < WORLD * WORLD; y += 31) {
            struct batch left = batch_of_two(x), right = batch_of_two(y);
            assert_laws(&left, &right);
        }
    }
}

static int begin(void **state)
{
    (void)state;
    history_begin();
    return 0;
}

static int end(void **state)
{
    (void)state;
    figure("%zu merges: commutative, associative, idempotent", history_merges);
    history_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_laws_hold_for_any_two_events_after_any_other),
        cmocka_unit_test(they_hold_for_any_event_and_any_batch_of_two),
        cmocka_unit_test(they_hold_for_batches_of_two),
    };

    return cmocka_run_group_tests(tests, begin, end);
}

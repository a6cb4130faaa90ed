/* Any order, any cut into batches and any duplication of the same events gives
 * the same registers and the same rows.
 *
 * Every path of a history is walked, but each stretch only once: what a batch
 * does to the tables of the events before it must be the tables of the events
 * before and within it, which were made one by one.  Where that holds for all
 * sets of events and all batches, it holds for all paths.  Sets are tried from
 * the smallest on, so what is reported is the shortest there is. */
#include "tests/lib/figures.h"
#include "tests/unit/decoded.h"
#include "tests/unit/expected_rows.h"
#include "tests/unit/small_world.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define HISTORY_MAX 5
#define WALKS 1000
#else
#define HISTORY_MAX 6
#define WALKS 10000
#endif

#define THEME_MAX 8
static const struct {
    const char *name;
    int count;
    int events[THEME_MAX];
} themes[] = {
    {"a user",
     8,
     {A_MADE, A_SAME_TIME, A_UNDATED, A_TIMELESS, A_GONE, A_GONE_LATER,
      A_GONE_UNDATED, M1_CHANGED}},
    {"an organization",
     8,
     {O_MADE, O_RENAMED, O_TWIN, O_GONE, M1_MADE, M1_CHANGED, M2_GONE,
      M4_MADE}},
    {"one subdomain",
     8,
     {O_MADE, O_RENAMED, O_TWIN, P_MADE, P_RENAMED, P_GONE, Q_MADE, M3_MADE}},
    {"a subdomain and stubs",
     8,
     {O_GONE, P_MADE, P_RENAMED, Q_MADE, M1_MADE, M1_CHANGED, M2_MADE,
      M3_MADE}},
    {"a pair",
     8,
     {A_GONE, O_GONE, M1_MADE, M1_CHANGED, M1_GONE, M2_MADE, M2_GONE, M4_MADE}},
    {"a pair and its parents",
     8,
     {A_MADE, A_GONE_UNDATED, O_MADE, O_TWIN, M1_MADE, M1_GONE, M2_MADE,
      M3_MADE}},
    {"a membership that changes its user",
     8,
     {A_GONE, B_GONE, M1_MADE, M1_CHANGED, M1_GONE, M2_MADE, M4_MADE,
      M1_MOVED}},
};
#define THEMES (int)(sizeof(themes) / sizeof(themes[0]))

static struct arena decoded, batch_arena;
static struct event *events[WORLD];
static size_t merges;

/* The tables of each set of up to THEME_MAX events; a set is a bit mask. */
static struct tables tables_of[1 << THEME_MAX];

static void merge_batch(struct tables *t, const int *batch, int count)
{
    struct event *picked[4 * WORLD];

    for (int i = 0; i < count; i++)
        picked[i] = events[batch[i]];
    arena_clear(&batch_arena);
    tables_apply(t, picked, (size_t)count, &batch_arena);
    merges++;
}

static void print_events(const char *before, const int *list, int count)
{
    print_error("%s\n", before);
    for (int i = 0; i < count; i++)
        print_error("    %s: %s\n", world[list[i]].name, world[list[i]].text);
}

/* Fails where the tables are not those of the same events one by one. */
static void assert_same(const struct tables *found,
                        const struct tables *expected, const int *before,
                        int before_count, const int *batch, int count)
{
    const char *difference = found->violation != NULL
                                 ? found->violation
                                 : tables_difference(found, expected);

    if (difference == NULL)
        return;
    print_events("one by one:", before, before_count);
    print_events("then in one batch:", batch, count);
    fail_msg("not as one by one: %s", difference);
}

/* Fails where the rows are not what follows from the events. */
static void assert_rows(const struct tables *found, const int *list, int count)
{
    static struct tables expected;
    struct event *said[WORLD];
    const struct facts facts = {said, (size_t)count, &batch_arena};
    const char *difference;

    for (int i = 0; i < count; i++)
        said[i] = events[list[i]];
    arena_clear(&batch_arena);
    expected_rows(&facts, &expected);
    difference = found->violation != NULL ? found->violation
                                          : rows_difference(found, &expected);
    if (difference == NULL)
        return;
    print_events("one by one:", list, count);
    fail_msg("not what follows from the events: %s", difference);
}

static void make_one_by_one(const int *list, int set, struct tables *ret_tables)
{
    int last = 31 - __builtin_clz((unsigned)set);

    *ret_tables = tables_of[set & ~(1 << last)];
    merge_batch(ret_tables, &list[last], 1);
}

static int members(const int *list, int set, int *ret_members)
{
    int count = 0;

    for (int i = 0; i < THEME_MAX; i++)
        if (set & 1 << i)
            ret_members[count++] = list[i];
    return count;
}

/* Merge `batch`, whose events are the set `used`, into the tables of the rest
 * of `set`, and again into those of all of it; then go on with every batch that
 * begins so. */
static void walk_batches(const int *list, int set, int used, int *batch,
                         int count)
{
    for (int i = 0; i < THEME_MAX; i++) {
        int more = used | 1 << i;
        if (!(set & 1 << i) || used & 1 << i)
            continue;
        batch[count] = list[i];
        for (int is_replay = 0; is_replay < 2; is_replay++) {
            static struct tables t;
            int before[THEME_MAX];
            int start = is_replay ? set : set & ~more;
            t = tables_of[start];
            merge_batch(&t, batch, count + 1);
            assert_same(&t, &tables_of[set], before,
                        members(list, start, before), batch, count + 1);
        }
        walk_batches(list, set, more, batch, count + 1);
    }
}

/* Every path of every history of at most `most` of these events. */
static void walk_histories(const int *list, int count, int least, int most)
{
    for (int size = 1; size <= most; size++) {
        for (int set = 1; set < 1 << count; set++) {
            int batch[THEME_MAX], before[THEME_MAX];
            if (__builtin_popcount((unsigned)set) != size)
                continue;
            make_one_by_one(list, set, &tables_of[set]);
            assert_rows(&tables_of[set], before, members(list, set, before));
            if (size >= least)
                walk_batches(list, set, 0, batch, 0);
        }
    }
}

static void every_path_of_a_history_leads_to_the_same_tables(void **state)
{
    (void)state;
    for (int i = 0; i < THEMES; i++)
        walk_histories(themes[i].events, themes[i].count, 1, HISTORY_MAX);
}

static void so_does_every_path_of_any_few_events(void **state)
{
    (void)state;
    for (int a = 0; a < WORLD; a++)
        for (int b = 0; b < a; b++)
            for (int c = 0; c < b; c++)
                walk_histories((const int[]){a, b, c}, 3, 1, 3);
}

/* Like a shuffled pack of cards. */
static void shuffle(int *list, int count)
{
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(random() % (i + 1)), kept = list[i];
        list[i] = list[other];
        list[other] = kept;
    }
}

/* Some of all events, each up to three times, in batches of any size. */
static void walk_at_random(void)
{
    static struct tables found, expected;
    int list[3 * WORLD], once[WORLD];
    int count = 0, kinds = 0, size;

    memset(&found, 0, sizeof(found));
    memset(&expected, 0, sizeof(expected));
    for (int i = 0; i < WORLD; i++) {
        int times = random() % 2 ? (int)(random() % 4) : 0;
        if (times > 0)
            once[kinds++] = i;
        while (times-- > 0)
            list[count++] = i;
    }
    for (int i = 0; i < kinds; i++)
        merge_batch(&expected, &once[i], 1);
    assert_rows(&expected, once, kinds);
    shuffle(list, count);
    for (int at = 0; at < count; at += size) {
        size = 1 + (int)(random() % 9);
        size = size < count - at ? size : count - at;
        merge_batch(&found, list + at, size);
    }
    assert_same(&found, &expected, NULL, 0, list, count);
}

static void so_does_any_history_with_duplicates_in_it(void **state)
{
    (void)state;
    srandom(1);
    for (int i = 0; i < WALKS; i++)
        walk_at_random();
}

static int decode_world(void **state)
{
    char id[16];

    (void)state;
    for (int i = 0; i < WORLD; i++) {
        snprintf(id, sizeof(id), "msg_%02d", i * 7 % WORLD);
        events[i] = event_of(&decoded, id, world[i].text);
        assert_int_equal(events[i]->fate, EVENT_APPLY);
    }
    return 0;
}

static int forget_world(void **state)
{
    (void)state;
    arena_release(&decoded);
    arena_release(&batch_arena);
    figure("%zu merges, histories of up to %d events", merges, HISTORY_MAX);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_of_a_history_leads_to_the_same_tables),
        cmocka_unit_test(so_does_every_path_of_any_few_events),
        cmocka_unit_test(so_does_any_history_with_duplicates_in_it),
    };

    return cmocka_run_group_tests(tests, decode_world, forget_world);
}

/* Any order, any cut into batches and any duplication of the same events gives
 * the same registers and the same rows.
 *
 * Every path of a history is walked, but each stretch only once: what a batch
 * does to the tables of the events before it must be the tables of the events
 * before and within it, which were made one by one.  Where that holds for all
 * sets of events and all batches, it holds for all paths.  Sets are tried from
 * the smallest on, so what is reported is the shortest there is. */
#include "tests/lib/figures.h"
#include "tests/unit/small_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define WORLD_EVENTS_MAX 4
#define THEME_EVENTS_MAX 4
#define WALKS 1000
#else
#define WORLD_EVENTS_MAX 6
#define THEME_EVENTS_MAX 6
#define WALKS 30000
#endif

/* In histories of so few events a batch may hold an event twice, and some of a
 * batch may have been merged before. */
#define TWICE_EVENTS_MAX 2
#define TWICE_BATCH_MAX 4
#define PARTLY_EVENTS_MAX 4

#define LIST_MAX 13
struct theme {
    const char *name;
    int most; /* events of one history */
    int count;
    int events[LIST_MAX];
};

static const struct theme themes[] = {
    {"two users, two organizations, two memberships of one pair",
     WORLD_EVENTS_MAX,
     13,
     {A_MADE, A_SAME_TIME, A_TIMELESS, A_GONE, O_MADE, O_TWIN, O_GONE, P_MADE,
      M1_MADE, M1_GONE, M2_MADE, M2_GONE, M4_MADE}},
    {"a user",
     THEME_EVENTS_MAX,
     8,
     {A_MADE, A_SAME_TIME, A_UNDATED, A_TIMELESS, A_GONE, A_GONE_LATER,
      A_GONE_UNDATED, M1_CHANGED}},
    {"an organization",
     THEME_EVENTS_MAX,
     8,
     {O_MADE, O_RENAMED, O_TWIN, O_GONE, M1_MADE, M1_CHANGED, M2_GONE,
      M4_MADE}},
    {"one subdomain",
     THEME_EVENTS_MAX,
     8,
     {O_MADE, O_RENAMED, O_TWIN, P_MADE, P_RENAMED, P_GONE, Q_MADE, M3_MADE}},
    {"a subdomain and stubs",
     THEME_EVENTS_MAX,
     8,
     {O_GONE, P_MADE, P_RENAMED, Q_MADE, M1_MADE, M1_CHANGED, M2_MADE,
      M3_MADE}},
    {"a pair",
     THEME_EVENTS_MAX,
     8,
     {A_GONE, O_GONE, M1_MADE, M1_CHANGED, M1_GONE, M2_MADE, M2_GONE, M4_MADE}},
    {"a pair and its parents",
     THEME_EVENTS_MAX,
     8,
     {A_MADE, A_GONE_UNDATED, O_MADE, O_TWIN, M1_MADE, M1_GONE, M2_MADE,
      M3_MADE}},
    {"a membership that changes its user",
     THEME_EVENTS_MAX,
     8,
     {A_GONE, B_GONE, M1_MADE, M1_CHANGED, M1_GONE, M2_MADE, M4_MADE,
      M1_MOVED}},
    {"what a backfill found",
     THEME_EVENTS_MAX,
     8,
     {A_MADE, A_FOUND, O_TWIN, O_FOUND, P_MADE, M1_MADE, M1_FOUND, B_MADE}},
};
#define THEMES (int)(sizeof(themes) / sizeof(themes[0]))

/* The tables of each set of events of one list; a set is a bit mask. */
static struct tables tables_of[1 << LIST_MAX];

static void print_events(const char *before, const int *list, int count)
{
    print_error("%s\n", before);
    for (int i = 0; i < count; i++)
        print_error("    %s: %s\n", world[list[i]].name, world[list[i]].text);
}

static void fail_after(const char *reason, const int *before, int before_count,
                       const int *batch, int count)
{
    print_events("one by one:", before, before_count);
    print_events("then in one batch:", batch, count);
    fail_msg("not as one by one: %s", reason);
}

/* Fails where the rows are not what follows from the events. */
static void assert_rows(const struct tables *found, const int *list, int count)
{
    const char *difference = history_difference(found, list, count);

    if (difference == NULL)
        return;
    print_events("one by one:", list, count);
    fail_msg("not what follows from the events: %s", difference);
}

static int members(const int *list, int set, int *ret_members)
{
    int count = 0;

    for (int i = 0; i < LIST_MAX; i++)
        if (set & 1 << i)
            ret_members[count++] = list[i];
    return count;
}

static void make_one_by_one(const int *list, int set)
{
    int last = 31 - __builtin_clz((unsigned)set), before[LIST_MAX];
    int rest = set & ~(1 << last);
    int count = members(list, rest, before);
    struct tables *t = &tables_of[set];
    const char *difference;

    *t = tables_of[rest];
    difference = history_merge(t, history_set(before, count), &list[last], 1);
    if (difference != NULL)
        fail_after(difference, before, count, &list[last], 1);
}

/* Merge `batch` into the tables of the events of `start`: with the batch they
 * are those of `set`. */
static void merge_and_compare(const int *list, int set, int start,
                              const int *batch, int count)
{
    static struct tables t;
    int before[LIST_MAX], before_count = members(list, start, before);
    const char *difference;

    t = tables_of[start];
    difference =
        history_merge(&t, history_set(before, before_count), batch, count);
    if (difference == NULL)
        difference = tables_difference(&t, &tables_of[set]);
    if (difference != NULL)
        fail_after(difference, before, before_count, batch, count);
}

/* Merge `batch`, whose events are the set `used`, into the tables of the rest
 * of `set`, and again into those of all of it; then go on with every batch that
 * begins so. */
static void walk_batches(const int *list, int set, int used, int *batch,
                         int count)
{
    int size = __builtin_popcount((unsigned)set);
    bool may_repeat = size <= TWICE_EVENTS_MAX;

    if (count == (may_repeat ? TWICE_BATCH_MAX : size))
        return;
    for (int i = 0; i < LIST_MAX; i++) {
        int more = used | 1 << i;
        if (!(set & 1 << i) || (used & 1 << i && !may_repeat))
            continue;
        batch[count] = list[i];
        merge_and_compare(list, set, set & ~more, batch, count + 1);
        merge_and_compare(list, set, set, batch, count + 1);
        if (size <= PARTLY_EVENTS_MAX)
            for (int part = more & (more - 1); part != 0;
                 part = (part - 1) & more)
                merge_and_compare(list, set, (set & ~more) | part, batch,
                                  count + 1);
        walk_batches(list, set, more, batch, count + 1);
    }
}

/* Every path of every history of `least` to `most` of these events. */
static void walk_histories(const int *list, int count, int least, int most)
{
    for (int size = 1; size <= most; size++) {
        for (int set = 1; set < 1 << count; set++) {
            int batch[LIST_MAX], all[LIST_MAX];
            if (__builtin_popcount((unsigned)set) != size)
                continue;
            make_one_by_one(list, set);
            assert_rows(&tables_of[set], all, members(list, set, all));
            if (size >= least)
                walk_batches(list, set, 0, batch, 0);
        }
    }
}

static void every_path_of_a_history_leads_to_the_same_tables(void **state)
{
    (void)state;
    for (int i = 0; i < THEMES; i++)
        walk_histories(themes[i].events, themes[i].count, 1, themes[i].most);
}

static void so_does_every_path_of_any_few_events(void **state)
{
    (void)state;
    for (int a = 0; a < WORLD; a++) {
        for (int b = 0; b < a; b++) {
            walk_histories((const int[]){a, b}, 2, 1, 2);
            for (int c = 0; c < b; c++)
                walk_histories((const int[]){a, b, c}, 3, 3, 3);
        }
    }
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
    const char *difference = NULL;

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
        history_merge(&expected, history_set(once, i), &once[i], 1);
    assert_rows(&expected, once, kinds);
    shuffle(list, count);
    for (int at = 0; at < count && difference == NULL; at += size) {
        size = 1 + (int)(random() % 9);
        size = size < count - at ? size : count - at;
        difference =
            history_merge(&found, history_set(list, at), list + at, size);
    }
    if (difference == NULL)
        difference = tables_difference(&found, &expected);
    if (difference != NULL)
        fail_after(difference, NULL, 0, list, count);
}

static void so_does_any_history_with_duplicates_in_it(void **state)
{
    (void)state;
    srandom(1);
    for (int i = 0; i < WALKS; i++)
        walk_at_random();
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
    figure("%zu merges of %zu events in %.0f s of a"
           " processor: all of up to %d of %d events,"
           " every order and cut, with replays",
           history_merges, history_events_merged,
           (double)clock() / CLOCKS_PER_SEC, WORLD_EVENTS_MAX, themes[0].count);
    history_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_of_a_history_leads_to_the_same_tables),
        cmocka_unit_test(so_does_every_path_of_any_few_events),
        cmocka_unit_test(so_does_any_history_with_duplicates_in_it),
    };

    return cmocka_run_group_tests(tests, begin, end);
}

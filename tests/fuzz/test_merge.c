/* The merge.  An input is a history of a few entities, four bytes an event, and
 * an order: one byte for each event that comes next, whose highest bit ends the
 * batch.  Events may come again and again; those that never come, come last.
 *
 * Whatever the order, the batches and the repetitions: the same registers, rows
 * and ids as one by one, the rows that follow from the set of the events, and
 * of each event the verdict that those before it say. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/small_history.h"

#define EVENTS_MAX 9
#define ORDER_MAX 12
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const actions[] = {"created", "updated", "deleted"};
static const char *const users[] = {"user_a", "user_b"};
static const char *const organizations[] = {"org_o", "org_p", "org_q"};
static const char *const memberships[] = {"mem_1", "mem_2", "mem_3", "mem_4"};
/* Times are in seconds: few, so that equal ones are common. */
static const char *const created[] = {"", "'created_at':5,", "'created_at':6,",
                                      "'created_at':7,"};
static const char *const updated[] = {"", "'updated_at':5,", "'updated_at':6,",
                                      "'updated_at':7,"};
static const char *const timestamps[] = {"", "'timestamp':0,", "'timestamp':6,",
                                         "'timestamp':7,"};
static const char *const slugs[] = {"", "'slug':'ab',", "'slug':'A-b',",
                                    "'slug':'cd',"};
static const char *const names[] = {"", "'first_name':'Ada',",
                                    "'first_name':'Bea',", "'role':'admin',"};

/* The bits that are left of an event's bytes. */
struct dice {
    uint32_t bits;
};

static const char *draw(struct dice *dice, const char *const *from,
                        unsigned count)
{
    unsigned picked = dice->bits % count;

    dice->bits /= count;
    return from[picked];
}
#define DRAW(dice, from) draw(dice, from, COUNT(from))

static struct event *event_of_dice(struct dice dice, int place)
{
    static const char *const families[] = {"user", "organization",
                                           "organizationMembership"};
    unsigned family = dice.bits % COUNT(families);
    char text[512], id[16];
    size_t at;

    dice.bits /= COUNT(families);
    at = (size_t)snprintf(text, sizeof(text), "{'type':'%s.%s',%s'data':{",
                          families[family], DRAW(&dice, actions),
                          DRAW(&dice, timestamps));
    at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%s%s",
                           DRAW(&dice, created), DRAW(&dice, updated),
                           DRAW(&dice, slugs), DRAW(&dice, names));
    if (family == 0)
        snprintf(text + at, sizeof(text) - at, "'id':'%s'}}",
                 DRAW(&dice, users));
    else if (family == 1)
        snprintf(text + at, sizeof(text) - at, "'id':'%s'}}",
                 DRAW(&dice, organizations));
    else
        snprintf(text + at, sizeof(text) - at,
                 "'id':'%s','organization':{%s%s%s'id':'%s'},"
                 "'public_user_data':{%s'user_id':'%s'}}}",
                 DRAW(&dice, memberships), DRAW(&dice, slugs),
                 DRAW(&dice, updated), DRAW(&dice, created),
                 DRAW(&dice, organizations), DRAW(&dice, names),
                 DRAW(&dice, users));
    /* Ids in another order than the events. */
    snprintf(id, sizeof(id), "msg_%02d", place * 5 % (EVENTS_MAX + 2));
    return (dice.bits % 8 == 0 ? snapshot_of : event_of)(&history_arena, id,
                                                         text);
}

static void read_events(struct fuzz_input *input)
{
    unsigned count = 1 + fuzz_byte(input) % EVENTS_MAX;

    for (unsigned i = 0; i < count; i++) {
        struct dice dice = {0};
        for (int byte = 0; byte < 4; byte++)
            dice.bits = dice.bits << 8 | fuzz_byte(input);
        history_add(event_of_dice(dice, (int)i));
    }
}

static void print_history(const int *order, const bool *ends, int count)
{
    for (int i = 0; i < history_count; i++)
        fprintf(stderr, "%2d %.*s%s %.*s\n", i,
                SLICE_PRINT(history_events[i]->record.id),
                history_events[i]->record.is_snapshot ? " (found)" : "",
                SLICE_PRINT(history_events[i]->record.value));
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%d%s", order[i], ends[i] ? " | " : " ");
    fprintf(stderr, "\n");
}

/* All events at least once; how many in all. */
static int read_order(struct fuzz_input *input, int *order, bool *ends)
{
    uint64_t come = 0;
    int count = 0;

    while (input->size > 0 && count < ORDER_MAX) {
        unsigned byte = fuzz_byte(input);
        order[count] = (int)(byte & 0x7f) % history_count;
        ends[count] = byte >> 7;
        come |= 1ULL << order[count++];
    }
    for (int i = history_count - 1; i >= 0; i--) {
        if (come & 1ULL << i)
            continue;
        order[count] = i;
        ends[count++] = false;
    }
    ends[count - 1] = true;
    return count;
}

static const char *merge_in_order(struct tables *t, const int *order,
                                  const bool *ends, int count)
{
    const char *wrong = NULL;
    int start = 0;

    for (int i = 0; i < count && wrong == NULL; i++) {
        if (!ends[i])
            continue;
        wrong = history_merge(t, history_set(order, start), order + start,
                              i + 1 - start);
        start = i + 1;
    }
    return wrong;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tables found, expected;
    struct fuzz_input input = {data, size};
    int order[ORDER_MAX + EVENTS_MAX], all[EVENTS_MAX], count;
    bool ends[ORDER_MAX + EVENTS_MAX];
    const char *wrong = NULL;

    memset(&found, 0, sizeof(found));
    memset(&expected, 0, sizeof(expected));
    read_events(&input);
    count = read_order(&input, order, ends);
    for (int i = 0; i < history_count && wrong == NULL; i++) {
        all[i] = i;
        wrong = history_merge(&expected, history_set(all, i), &all[i], 1);
    }
    if (wrong == NULL)
        wrong = history_difference(&expected, all, history_count);
    if (wrong == NULL)
        wrong = merge_in_order(&found, order, ends, count);
    if (wrong == NULL)
        wrong = tables_difference(&found, &expected);
    if (wrong != NULL)
        print_history(order, ends, count);
    FUZZ_CHECK(wrong == NULL, "%s", wrong);
    history_clear();
    return 0;
}

#include "console/audit/meeting.h"

#include "consumer/decode.h"
#include "consumer/events/events.h"
#include "consumer/merge.h"

#include <inttypes.h>
#include <stdio.h>

enum column {
    COLUMN_CLASS,
    COLUMN_T,
    COLUMN_RANK,
    COLUMN_TS,
    COLUMN_EVENT_ID,
    COLUMN_IS_DELETED,
    COLUMN_DELETED_MS,
    COLUMN_CREATED_MS,
    COLUMN_BASE,
    COLUMN_NEWEST_ID,
    COLUMN_CONTENT
};

const char *const meeting_columns[MEETING_COLUMNS] = {
    [COLUMN_CLASS] = "class",
    [COLUMN_T] = "t",
    [COLUMN_RANK] = "rank",
    [COLUMN_TS] = "ts",
    [COLUMN_EVENT_ID] = "event_id",
    [COLUMN_IS_DELETED] = "is_deleted",
    [COLUMN_DELETED_MS] = "deleted_ms",
    [COLUMN_CREATED_MS] = "created_ms",
    [COLUMN_BASE] = "base",
    [COLUMN_NEWEST_ID] = "newest_id",
    [COLUMN_CONTENT] = "content",
};

struct value {
    bool is_null, is_number;
    int64_t number;
    struct slice text;
};

static struct value number_of(bool is_given, int64_t number)
{
    return (struct value){.is_null = !is_given,
                          .is_number = true,
                          .number = is_given ? number : 0};
}

static struct value text_of(bool is_given, struct slice text)
{
    return (struct value){.is_null = !is_given || text.data == NULL,
                          .text = is_given ? text : SLICE_EMPTY};
}

static struct value value_of(const struct entity_register *reg, int column)
{
    switch ((enum column)column) {
    case COLUMN_CLASS:
        return number_of(reg->has_data, reg->version.class);
    case COLUMN_T:
        return number_of(reg->has_data, reg->version.t);
    case COLUMN_RANK:
        return number_of(reg->has_data, reg->version.rank);
    case COLUMN_TS:
        return number_of(reg->has_data, reg->version.ts);
    case COLUMN_EVENT_ID:
        return text_of(reg->has_data, reg->version.id);
    case COLUMN_IS_DELETED:
        return text_of(true, slice_of(reg->is_deleted ? "true" : "false"));
    case COLUMN_DELETED_MS:
        return number_of(reg->deleted_at.state == INSTANT_PRESENT,
                         reg->deleted_at.ms);
    case COLUMN_CREATED_MS: /* none and 0 are the same */
        return number_of(true, reg->created_ms);
    case COLUMN_BASE:
        return text_of(true, reg->base);
    case COLUMN_NEWEST_ID:
        return text_of(true, reg->newest_id);
    case COLUMN_CONTENT:
        return text_of(true, reg->content);
    }
    return text_of(false, SLICE_EMPTY);
}

bool meeting_is_same(const struct entity_register *a,
                     const struct entity_register *b, int column)
{
    struct value left = value_of(a, column), right = value_of(b, column);

    return left.is_null == right.is_null && left.number == right.number &&
           slice_equal(left.text, right.text);
}

struct slice meeting_value(const struct entity_register *reg, int column,
                           struct arena *arena)
{
    struct value value = value_of(reg, column);
    char number[24];

    if (value.is_null || !value.is_number)
        return value.text;
    snprintf(number, sizeof(number), "%" PRId64, value.number);
    return arena_copy(arena, slice_of(number));
}

/* Merge into `into` all that `from` says; its data only has what the merge
 * looks at. */
static void merge_registers(struct entity_register *into,
                            const struct entity_register *from)
{
    const struct organization_row organization = {.base = from->base};
    struct event event = {.fate = EVENT_IGNORE};
    struct event *events[] = {&event};
    struct mention *said;

    if (from->has_data) {
        said = &event.mentions[event.mention_count++];
        *said = (struct mention){.effect = MENTION_DATA,
                                 .version = from->version,
                                 .created_ms = from->created_ms};
        said->row.organization = &organization;
    }
    if (from->is_deleted)
        event.mentions[event.mention_count++] = (struct mention){
            .effect = MENTION_DELETED, .deleted_at = from->deleted_at};
    if (from->newest_id.data != NULL)
        event.mentions[event.mention_count++] =
            (struct mention){.effect = MENTION_SEEN,
                             .created_ms = from->created_ms,
                             .newest_id = from->newest_id};
    for (int i = 0; i < event.mention_count; i++) {
        event.mentions[i].kind = into->kind;
        event.mentions[i].id = into->id;
        event.mentions[i].entity = into;
    }
    merge(events, 1);
}

void meeting_of(const struct known *known, const struct entity_register *found,
                struct arena *arena, struct meeting *ret_meeting)
{
    struct meeting *meeting = ret_meeting;
    struct entity_register back;

    *meeting = (struct meeting){.expected = *known->reg, .is_equal = true};
    if (known->reg->kind == ENTITY_MEMBERSHIP && known->row != NULL)
        meeting->expected.content = membership_write_content(known->row, arena);
    for (int i = 0; i < MEETING_COLUMNS; i++)
        if (!meeting_is_same(&meeting->expected, found, i))
            meeting->is_equal = false;
    if (meeting->is_equal)
        return;
    meeting->both = *found;
    merge_registers(&meeting->both, &meeting->expected);
    meeting->is_behind = meeting->both.is_changed;
    meeting->is_row_known = meeting->both.data != NULL;
    meeting->both.data = NULL;
    back = meeting->expected;
    merge_registers(&back, found);
    meeting->is_ahead = back.is_changed;
}

bool meeting_read_content(const struct entity_register *found,
                          struct arena *arena, struct mention *ret_data)
{
    struct json_document json = {.count = 0};
    struct record record = {.id = slice_of("content")};
    struct buffer event;
    struct event told;

    if (found->content.data == NULL)
        return false;
    buffer_init(&event, found->content.size + 128);
    buffer_add_text(&event, "{\"type\":\"organizationMembership.updated\","
                            "\"data\":");
    buffer_add_slice(&event, found->content);
    buffer_add_char(&event, '}');
    record.value = arena_copy(arena, buffer_slice(&event));
    buffer_release(&event);
    decode(&record, &json, arena, &told);
    json_release(&json);
    if (told.fate != EVENT_APPLY ||
        !slice_equal(told.mentions[0].id, found->id))
        return false;
    *ret_data = told.mentions[0];
    return true;
}

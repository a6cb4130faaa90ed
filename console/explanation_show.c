#include "console/explanation.h"
#include "console/moment.h"
#include "console/shown.h"
#include "consumer/events/events.h"
#include "shared/instant.h"

#include <inttypes.h>

#define LABEL_WIDTH 13
#define INNER_WIDTH 12

struct text {
    struct buffer *out;
    bool has_colours;
};

static void begin_line(const struct text *text, const char *label)
{
    shown_begin(text->out, text->has_colours, MOOD_TITLE);
    buffer_add_format(text->out, "%-*s", LABEL_WIDTH, label);
    shown_end(text->out, text->has_colours, MOOD_TITLE);
}

/* Of an entity. */
static void begin_inner(const struct text *text, const char *label)
{
    begin_line(text, "");
    buffer_add_format(text->out, "%-*s", INNER_WIDTH, label);
}

static void end_line(const struct text *text)
{
    buffer_add_char(text->out, '\n');
}

static void add(const struct text *text, struct slice s)
{
    shown_add(text->out, s.data != NULL ? s : slice_of("-"), 0);
}

static void add_in(const struct text *text, enum shown_mood mood, const char *s)
{
    shown_begin(text->out, text->has_colours, mood);
    buffer_add_text(text->out, s);
    shown_end(text->out, text->has_colours, mood);
}

/* "received   2026-…Z, 0.120 s after it was signed" */
static void show_time(const struct text *text, const char *label, int64_t ms,
                      int64_t since_ms, const char *since)
{
    char time[INSTANT_TEXT_BYTES], age[MOMENT_AGE_BYTES];

    if (ms == EXPLANATION_NO_TIME || !instant_format(ms, time))
        return;
    begin_line(text, label);
    buffer_add_text(text->out, time);
    if (since_ms != EXPLANATION_NO_TIME && ms >= since_ms) {
        moment_format_age(ms - since_ms, age);
        buffer_add_format(text->out, ", %s after it was %s", age, since);
    }
    end_line(text);
}

static void show_times(const struct text *text, const struct explanation *told)
{
    show_time(text, "signed", told->signed_ms, EXPLANATION_NO_TIME, "");
    show_time(text, "received", told->received_ms, told->signed_ms, "signed");
    show_time(text, "applied", told->processed_ms, told->received_ms,
              "received");
    show_time(text, "next try", told->retry_ms, EXPLANATION_NO_TIME, "");
}

static void show_place(const struct text *text, const struct explanation *told)
{
    begin_line(text, "lies");
    add(text, told->place.topic);
    buffer_add_format(
        text->out, " partition %" PRId32 " offset %" PRId64 "%s",
        told->place.partition, told->place.offset,
        told->is_record_there ? "" : ", which the brokers have no more");
    end_line(text);
}

static void show_count(const struct text *text, const char *label,
                       int64_t count, struct slice where)
{
    if (count == 0)
        return;
    begin_line(text, label);
    buffer_add_format(text->out, "%" PRId64 " time%s", count,
                      count == 1 ? "" : "s");
    if (where.size > 0) {
        buffer_add_text(text->out, ", at ");
        add(text, where);
    }
    end_line(text);
}

static void show_dead_letter(const struct text *text,
                             const struct explanation *told)
{
    if (told->dead_letter.data == NULL)
        return;
    begin_line(text, "dead letter");
    if (slice_is(told->dead_letter, "waiting")) {
        add(text, slice_of("waits: clerkstream dlq show "));
        add(text, told->id);
    } else {
        add(text, slice_of("applied since"));
    }
    end_line(text);
}

static void show_history(const struct text *text,
                         const struct explanation *told)
{
    show_count(text, "tried", told->attempts > 1 ? told->attempts : 0,
               SLICE_EMPTY);
    show_count(text, "sent again", told->duplicates, told->duplicate_places);
    show_count(text, "replayed", told->replays, SLICE_EMPTY);
    show_count(text, "redriven", told->redrives, SLICE_EMPTY);
    show_dead_letter(text, told);
    if (told->error.data == NULL)
        return;
    begin_line(text, "error");
    add(text, told->error);
    end_line(text);
}

static void show_signature(const struct text *text,
                           const struct explanation *told)
{
    static const enum shown_mood moods[] = {[SIGNATURE_VALID] = MOOD_GOOD,
                                            [SIGNATURE_INVALID] = MOOD_BAD,
                                            [SIGNATURE_NOT_CHECKED] =
                                                MOOD_FAINT};

    begin_line(text, "signature");
    add_in(text, moods[told->signature],
           signature_state_names[told->signature]);
    if (told->signature == SIGNATURE_VALID)
        buffer_add_format(text->out, ", secret %d", told->secret);
    end_line(text);
}

static void add_version(const struct text *text, const struct version *version)
{
    buffer_add_format(text->out, "%s, t %" PRId64 ", %s, ts %" PRId64 ", ",
                      version_class_names[version->class], version->t,
                      version_rank_names[version->rank], version->ts);
    add(text, version->id);
}

/* Why, in words: "lost to msg_y by t".  What held for a while `was_applied`. */
static void show_outcome(const struct text *text, const struct touched *touched,
                         bool was_applied)
{
    static const struct {
        enum shown_mood mood;
        const char *alone, *against;
    } words[] = {
        [OUTCOME_HOLDS] = {MOOD_GOOD, "holds now", "holds now, beat "},
        [OUTCOME_LOST] = {MOOD_WARNING, "lost", "lost to "},
        [OUTCOME_PENDING] = {MOOD_WARNING, "not applied: nothing holds yet",
                             "not applied: would beat "},
    };
    enum decided_by by;
    struct slice against;
    enum outcome outcome = explanation_judge(touched, &by, &against);

    begin_line(text, "");
    if (outcome == OUTCOME_LOST && was_applied)
        buffer_add_text(text->out, "held when it came, since then ");
    add_in(text, words[outcome].mood,
           against.size > 0 ? words[outcome].against : words[outcome].alone);
    if (against.size > 0)
        add(text, against);
    if (by == DECIDED_BY_DELETION)
        buffer_add_text(text->out, ": a deletion is for ever");
    else if (by != DECIDED_BY_NOTHING)
        buffer_add_format(text->out, " by %s", decided_by_names[by]);
    end_line(text);
}

static void show_held(const struct text *text, const struct touched *touched)
{
    const struct held_register *held = &touched->held;

    begin_inner(text, "register");
    if (!held->is_there)
        buffer_add_text(text->out, "none");
    else if (held->has_data)
        add_version(text, &held->version);
    else if (held->newest_id.data != NULL)
        add(text, held->newest_id);
    else
        buffer_add_text(text->out, "no data");
    if (held->is_deleted)
        buffer_add_text(text->out, "; deleted");
    end_line(text);
}

static void show_row(const struct text *text, const struct touched *touched)
{
    if (touched->table.data == NULL)
        return;
    begin_inner(text, "row");
    add(text, touched->table);
    buffer_add_char(text->out, ' ');
    if (touched->row_id.data == NULL) {
        buffer_add_text(text->out, "has none");
    } else {
        add(text, touched->row_id);
        buffer_add_text(text->out, ", ");
        add(text, touched->row_status);
    }
    end_line(text);
}

/* A pair has two. */
static void show_id(const struct text *text, const struct touched *touched)
{
    struct slice organization, user;

    begin_line(text, entity_kind_names[touched->kind]);
    if (touched->kind == ENTITY_PAIR) {
        membership_split_pair(touched->id, &organization, &user);
        add(text, organization);
        buffer_add_text(text->out, " and ");
        add(text, user);
    } else {
        add(text, touched->id);
    }
    end_line(text);
}

static void show_touched(const struct text *text, const struct touched *touched,
                         bool was_applied)
{
    show_id(text, touched);
    begin_inner(text, mention_effect_names[touched->effect]);
    if (touched->effect == MENTION_DATA)
        add_version(text, &touched->version);
    else if (touched->effect == MENTION_SEEN)
        add(text, touched->newest_id);
    else if (touched->effect == MENTION_FAILED)
        buffer_add_text(text->out, "sets sync_status, where there is a row");
    end_line(text);
    if (touched->effect != MENTION_FAILED &&
        touched->effect != MENTION_TROUBLED) {
        show_held(text, touched);
        show_outcome(text, touched, was_applied);
    }
    show_row(text, touched);
}

static enum shown_mood mood_of(struct slice state)
{
    if (slice_is(state, "failed") || slice_is(state, "dead_lettered"))
        return MOOD_BAD;
    if (slice_is(state, "retrying") || slice_is(state, "waiting"))
        return MOOD_WARNING;
    return slice_is(state, "completed") ? MOOD_GOOD : MOOD_PLAIN;
}

void explanation_show(const struct explanation *explanation, bool has_colours,
                      struct buffer *out)
{
    const struct text text = {out, has_colours};

    begin_line(&text, "event");
    add(&text, explanation->id);
    buffer_add_text(out, ", ");
    add(&text, explanation->type);
    buffer_add_text(out, " of ");
    add(&text, explanation->entity);
    end_line(&text);
    begin_line(&text, "state");
    shown_begin(out, has_colours, mood_of(explanation->state));
    add(&text, explanation->state);
    shown_end(out, has_colours, mood_of(explanation->state));
    end_line(&text);
    show_times(&text, explanation);
    show_place(&text, explanation);
    show_history(&text, explanation);
    show_signature(&text, explanation);
    for (size_t i = 0; i < explanation->touched_count; i++)
        show_touched(&text, &explanation->touched[i],
                     i == 0 && slice_is(explanation->state, "completed"));
    if (explanation->payload.data == NULL)
        return;
    begin_line(&text, "payload");
    end_line(&text);
    buffer_add_slice(out, explanation->payload);
    end_line(&text);
}

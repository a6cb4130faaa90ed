/* clerkstream dlq redrive - dead letters are published once more.
 *
 * For each of them, in a transaction of its own: it is marked, its event is
 * published on the events topic and acknowledged, the mark is committed
 * (0006_dead_letter_marks.sql).  Then the ledger is waited for. */
#include "console/commands.h"
#include "console/dlq_act.h"
#include "console/dlq_settle.h"
#include "console/kafka_writer.h"
#include "console/pace.h"
#include "console/postgres.h"
#include "console/terminal.h"
#include "shared/clock.h"

#include <stdio.h>

struct redrive_flags {
    struct dlq_act_flags act; /* comes first */
    int64_t rate;
    bool is_not_waiting;
};

static const struct flag redrive_flags[] = {
    DLQ_LETTER(false),
    DLQ_FILTERS,
    {.name = "rate",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct redrive_flags, rate),
     .value = "N",
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .about =
         "Publish at most so many events a second; 0: as fast as it goes."},
    {.name = "no-wait",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct redrive_flags, is_not_waiting),
     .about = "Do not wait for what comes of them."},
    DLQ_ACT_FLAGS("Why; it is kept with the mark.",
                  "Redrive all of them, where none was chosen."),
    DLQ_PAYLOAD_REASONS,
    FLAG_TIMEOUT(struct dlq_flags, "60"),
    FLAG_JSON(struct dlq_flags),
};

struct redrive {
    const struct redrive_flags *flags;
    const char *events_topic;
    struct dlq_act act;
    struct kafka_writer *writer;
    struct pace pace;
    struct progress_bar bar;
};

static int publish(struct redrive *redrive, struct dlq_letter *letter,
                   const struct kafka_record *record,
                   struct kafka_place *ret_place, struct error *err)
{
    struct arena arena = {.chunks = NULL};
    struct kafka_new_record again = {.topic = redrive->events_topic,
                                     .key = record->key,
                                     .value = record->value,
                                     .ret_place = ret_place};
    int result;

    again.headers =
        dlq_letter_headers(letter, record, &arena, &again.headers_count);
    result = kafka_writer_add(redrive->writer, &again, err);
    arena_release(&arena);
    return result == 0 ? kafka_writer_flush(redrive->writer, err) : -1;
}

/* Published, and said so in the transaction; it may still be rolled back. */
static int publish_and_note(struct redrive *redrive, struct dlq_letter *letter,
                            const struct kafka_record *record,
                            struct error *err)
{
    struct kafka_place at;
    const struct dlq_place *place = &letter->outcome.redriven;

    if (publish(redrive, letter, record, &at, err) != 0)
        return -1;
    letter->outcome.redriven = (struct dlq_place){
        slice_of(redrive->events_topic), at.partition, at.offset};
    return dlq_mark_redriven(redrive->act.box.db, letter, place, err);
}

/* Whoever comes second waits here for the first, and leaves it to them. */
static int redrive_claimed(struct redrive *redrive, struct dlq_letter *letter,
                           const struct kafka_record *record, struct error *err)
{
    struct postgres *db = redrive->act.box.db;
    bool is_ours;

    postgres_set_timeout(db, 2 * redrive->act.box.timeout_ms);
    if (postgres_execute(db, "begin", err) != 0 ||
        dlq_act_claim(&redrive->act, letter, &is_ours, err) != 0)
        return -1;
    if (!is_ours)
        return postgres_execute(db, "rollback", err);
    return publish_and_note(redrive, letter, record, err) == 0
               ? postgres_execute(db, "commit", err)
               : -1;
}

static void set_sent(struct dlq_letter *letter)
{
    struct dlq_outcome *outcome = &letter->outcome;

    outcome->result = DLQ_RESULT_ON_THE_WAY;
    if (letter->id.data != NULL)
        return;
    /* The ledger will not know it, and nobody else either. */
    outcome->result = DLQ_RESULT_FAILED;
    outcome->why = letter->refusal;
}

/* What the brokers will not take stays where it is; all else ends the work. */
static int take(void *context, struct dlq_letter *letter,
                const struct kafka_record *record, struct error *err)
{
    struct redrive *redrive = context;
    struct error left;

    if (letter->outcome.result != DLQ_RESULT_NONE)
        return 0;
    terminal_progress(&redrive->bar);
    clock_sleep_ms(pace_next_ms(&redrive->pace, clock_steady_ms()));
    redrive->bar.done++;
    if (redrive_claimed(redrive, letter, record, err) == 0) {
        if (letter->outcome.result == DLQ_RESULT_NONE)
            set_sent(letter);
        return 0;
    }
    letter->outcome.redriven = (struct dlq_place){SLICE_EMPTY, 0, 0};
    letter->outcome.result = DLQ_RESULT_NOT_SENT;
    letter->outcome.why =
        arena_copy(&redrive->act.box.arena, slice_of(err->text));
    if (postgres_execute(redrive->act.box.db, "rollback", &left) != 0)
        return -1;
    return err->kind == ERROR_INPUT || err->kind == ERROR_ACCESS ? 0 : -1;
}

/* What needs no record to be decided. */
static void decide(struct redrive *redrive)
{
    struct dlq_act *act = &redrive->act;

    for (size_t i = 0; i < act->count; i++) {
        struct dlq_letter *letter = act->chosen[i];
        if (dlq_letter_skip(letter, act->flags->again, &act->box.arena))
            continue;
        redrive->bar.total++;
        if (!act->flags->is_dry_run)
            continue;
        letter->outcome.result = letter->refusal.data != NULL
                                     ? DLQ_RESULT_WOULD_FAIL
                                     : DLQ_RESULT_WOULD_REDRIVE;
        letter->outcome.why = letter->refusal;
    }
}

/* A letter that was touched and is not applied. */
static size_t count_left(const struct redrive *redrive)
{
    size_t count = 0;

    for (size_t i = 0; i < redrive->act.count; i++) {
        enum dlq_result result = redrive->act.chosen[i]->outcome.result;
        count += result == DLQ_RESULT_FAILED || result == DLQ_RESULT_NOT_SENT ||
                 ((result == DLQ_RESULT_RETRYING ||
                   result == DLQ_RESULT_ON_THE_WAY) &&
                  !redrive->flags->is_not_waiting);
    }
    return count;
}

static int publish_all(struct redrive *redrive, struct error *err)
{
    struct dlq_act *act = &redrive->act;
    int result =
        dlq_box_each(&act->box, act->chosen, act->count, take, redrive, err);

    terminal_progress_end_if_long(&redrive->bar);
    if (result != 0 || redrive->flags->is_not_waiting)
        return result;
    return dlq_settle(&act->box, act->chosen, act->count,
                      act->flags->chosen.timeout_s, act->flags->chosen.is_whole,
                      err);
}

static int perform(struct redrive *redrive, struct error *err)
{
    int result = 0;

    decide(redrive);
    if (!redrive->act.flags->is_dry_run && redrive->bar.total > 0)
        result = publish_all(redrive, err);
    if (dlq_act_tell(&redrive->act, result, err) != 0)
        return -1;
    if (count_left(redrive) == 0)
        return 0;
    return error_set(err, ERROR_ACCESS, "%zu of %zu were not applied",
                     count_left(redrive), redrive->act.count);
}

/* A redrive that is frozen must not keep the others from that letter. */
static int limit_idling(struct redrive *redrive, struct error *err)
{
    char statement[96];

    snprintf(statement, sizeof(statement),
             "set idle_in_transaction_session_timeout to %lld",
             (long long)redrive->act.box.timeout_ms + 5000);
    return postgres_execute(redrive->act.box.db, statement, err);
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct redrive_flags *flags = given;
    struct redrive redrive = {
        .flags = flags,
        .events_topic = config->common.events_topic,
        .act = {.claim = {.action = DLQ_MARK_REDRIVEN}},
        .pace = {.rate = flags->rate},
        .bar = {.title = "redriving", .unit = "dead letters"}};
    int result = -1;

    if (dlq_act_open(&redrive.act, config, &flags->act, "Redrive", err) != 0)
        return -1;
    if (limit_idling(&redrive, err) == 0 &&
        kafka_writer_open(&config->common, redrive.act.box.timeout_ms,
                          &redrive.writer, err) == 0)
        result = perform(&redrive, err);
    kafka_writer_close(redrive.writer);
    dlq_act_close(&redrive.act);
    return result;
}

const struct command command_dlq_redrive = {
    .name = "dlq redrive",
    .about = "Publish dead letters once more, and say what came of each.",
    .detail =
        "Each goes to the events topic and through the same merge, so it\n"
        "cannot go back in time. It is then waited for, at most --timeout:\n"
        "completed, superseded or ignored is the end of it; failed means that\n"
        "there is a new dead letter; retrying, that the consumers still try;\n"
        "on_the_way, that they have not come to it. What was published is\n"
        "marked, so an interrupted redrive is gone on with by the same\n"
        "command, and two operators do not publish the same. Exit code 1\n"
        "where not all were applied.",
    .example = "clerkstream dlq redrive --entity user_2abc\n"
               "clerkstream dlq redrive --yes --rate 100",
    .flags = redrive_flags,
    .flags_count = sizeof(redrive_flags) / sizeof(redrive_flags[0]),
    .flags_bytes = sizeof(struct redrive_flags),
    .run = run,
};

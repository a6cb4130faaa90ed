#include "console/health.h"
#include "console/moment.h"
#include "console/shown.h"
#include "shared/instant.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define LABEL_WIDTH 10
#define PARTITIONS_SHOWN 6

struct screen {
    const struct health *health;
    bool has_colours;
    struct buffer *out;
};

static void begin_line(const struct screen *screen, const char *label)
{
    shown_begin(screen->out, screen->has_colours, MOOD_TITLE);
    buffer_add_format(screen->out, "%-*s", LABEL_WIDTH, label);
    shown_end(screen->out, screen->has_colours, MOOD_TITLE);
}

static void end_line(const struct screen *screen)
{
    buffer_add_char(screen->out, '\n');
}

static void add_in(const struct screen *screen, enum shown_mood mood,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_in(const struct screen *screen, enum shown_mood mood,
                   const char *format, ...)
{
    char text[HEALTH_REASON_BYTES + HEALTH_ADDRESS_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    shown_begin(screen->out, screen->has_colours, mood);
    shown_add(screen->out, slice_of(text), 0);
    shown_end(screen->out, screen->has_colours, mood);
}

static void show_time(const struct screen *screen)
{
    char text[INSTANT_TEXT_BYTES];
    bool is_ready = health_is_ready(screen->health);

    instant_format(screen->health->now_ms, text);
    begin_line(screen, "status");
    add_in(screen, is_ready ? MOOD_GOOD : MOOD_BAD, "%s",
           is_ready ? "all parts are ready" : "not all parts are ready");
    buffer_add_format(screen->out, "  %s", text);
    end_line(screen);
}

static void show_parts(const struct screen *screen)
{
    static const enum shown_mood moods[] = {[PART_READY] = MOOD_GOOD,
                                            [PART_WAITING] = MOOD_WARNING,
                                            [PART_AWAY] = MOOD_BAD};

    for (size_t i = 0; i < screen->health->parts_count; i++) {
        const struct health_part *part = &screen->health->parts[i];
        begin_line(screen, i == 0 ? "parts" : "");
        add_in(screen, MOOD_PLAIN, "%-9s ", part->name);
        add_in(screen, moods[part->state], "%s", part_state_names[part->state]);
        if (part->address[0] != '\0')
            add_in(screen, MOOD_FAINT, "  %s", part->address);
        if (part->state != PART_READY)
            add_in(screen, moods[part->state], "  %s", part->reason);
        end_line(screen);
    }
}

static void show_group(const struct screen *screen)
{
    const struct health_log *log = &screen->health->log;

    begin_line(screen, "group");
    add_in(screen, log->members > 0 ? MOOD_PLAIN : MOOD_BAD,
           "%s: %s, %" PRId64 " member%s", log->group, log->group_state,
           log->members, log->members == 1 ? "" : "s");
    end_line(screen);
}

static void show_rates(const struct screen *screen)
{
    const struct health *health = screen->health;

    begin_line(screen, "rates");
    if (health->log.is_known)
        buffer_add_format(screen->out, "in %.1f/s   ",
                          (double)health->log.taken / HEALTH_RATE_S);
    if (health->ledger.is_known)
        buffer_add_format(screen->out, "out %.1f/s   ",
                          (double)health->ledger.applied / HEALTH_RATE_S);
    buffer_add_format(screen->out, "(last %d s)", HEALTH_RATE_S);
    end_line(screen);
}

static void show_latency(const struct screen *screen)
{
    const struct health_ledger *ledger = &screen->health->ledger;
    double quick = health_quick(ledger);

    begin_line(screen, "latency");
    if (ledger->recent == 0)
        buffer_add_format(screen->out, "nothing was applied in %d min",
                          HEALTH_WINDOW_S / 60);
    else
        buffer_add_format(screen->out,
                          "p50 %.0f ms   p95 %.0f ms   p99 %.0f ms   ",
                          ledger->p50_ms, ledger->p95_ms, ledger->p99_ms);
    if (quick >= 0) {
        add_in(screen, quick > HEALTH_SUCCESS_AIM ? MOOD_GOOD : MOOD_WARNING,
               "%.2f %% under %d ms", quick * 100, HEALTH_QUICK_MS);
        buffer_add_format(screen->out, "   (%" PRId64 " events in %d min)",
                          ledger->recent, HEALTH_WINDOW_S / 60);
    }
    end_line(screen);
}

static void show_ledger(const struct screen *screen)
{
    const struct health_ledger *ledger = &screen->health->ledger;
    double success = health_success(ledger);

    begin_line(screen, "ledger");
    for (int i = 0; i < LEDGER_STATUSES; i++) {
        bool is_bad = i == LEDGER_FAILED || i == LEDGER_RETRYING;
        enum shown_mood mood = i == LEDGER_FAILED ? MOOD_BAD : MOOD_WARNING;
        add_in(screen, is_bad && ledger->events[i] > 0 ? mood : MOOD_PLAIN,
               "%s%s %s%" PRId64, i > 0 ? "   " : "", filter_statuses[i],
               ledger->is_estimated && !is_bad ? "≈" : "", ledger->events[i]);
    }
    end_line(screen);
    begin_line(screen, "success");
    if (success < 0)
        buffer_add_text(screen->out, "no events yet");
    else
        add_in(screen, success > HEALTH_SUCCESS_AIM ? MOOD_GOOD : MOOD_BAD,
               "%.3f %%", success * 100);
    buffer_add_format(screen->out, "   (aim: above %.0f %%)",
                      HEALTH_SUCCESS_AIM * 100);
    end_line(screen);
}

static void show_sync(const struct screen *screen, const char *label,
                      const struct health_sync *sync)
{
    const char *about = sync->is_estimated ? "≈" : "";

    begin_line(screen, label);
    buffer_add_format(screen->out, "synced %s%" PRId64 "   ", about,
                      sync->synced);
    add_in(screen, MOOD_PLAIN, "pending %" PRId64 "   ", sync->pending);
    add_in(screen, sync->failed > 0 ? MOOD_BAD : MOOD_PLAIN, "failed %" PRId64,
           sync->failed);
    end_line(screen);
}

/* "3: 120, 7: 4": the partitions of a topic that have records waiting. */
static void add_partitions(const struct screen *screen, const char *topic)
{
    const struct health_log *log = &screen->health->log;
    int shown = 0;

    for (size_t i = 0; i < log->lags_count; i++) {
        const struct health_lag *lag = &log->lags[i];
        if (strcmp(lag->topic, topic) != 0 || lag->records == 0)
            continue;
        if (shown == PARTITIONS_SHOWN) {
            buffer_add_text(screen->out, ", …");
            return;
        }
        buffer_add_format(screen->out, "%s%" PRId32 ": %" PRId64,
                          shown++ > 0 ? ", " : "   partition ", lag->partition,
                          lag->records);
    }
}

static void show_lag(const struct screen *screen)
{
    const struct health_log *log = &screen->health->log;
    char age[MOMENT_AGE_BYTES];

    for (size_t i = 0; i < log->lags_count; i++) {
        const char *topic = log->lags[i].topic;
        struct health_lag_sum sum = health_lag_of(screen->health, topic);
        if (i > 0 && strcmp(topic, log->lags[i - 1].topic) == 0)
            continue;
        begin_line(screen, i == 0 ? "lag" : "");
        add_in(screen, sum.records > 0 ? MOOD_WARNING : MOOD_GOOD,
               "%" PRId64 " records", sum.records);
        moment_format_age(sum.seconds * 1000, age);
        if (sum.records > 0)
            buffer_add_format(screen->out, ", %s", age);
        buffer_add_format(screen->out, " on %s", topic);
        add_partitions(screen, topic);
        end_line(screen);
    }
}

static void show_waiting(const struct screen *screen)
{
    const struct health_log *log = &screen->health->log;
    char age[MOMENT_AGE_BYTES];

    begin_line(screen, "oldest");
    if (log->oldest.is_there) {
        moment_format_age(screen->health->now_ms - log->oldest.taken_ms, age);
        add_in(screen, MOOD_WARNING, "%s unprocessed for %s, at %s",
               log->oldest.id[0] != '\0' ? log->oldest.id : "a record", age,
               log->oldest.where);
    } else {
        buffer_add_text(screen->out, "nothing is unprocessed");
    }
    end_line(screen);
    begin_line(screen, "dead");
    buffer_add_format(
        screen->out, "%" PRId64 " record%s on the dead-letter topic%s",
        log->dead_letters, log->dead_letters == 1 ? "" : "s",
        log->dead_letters == 0 ? "" : "; what waits: clerkstream dlq list");
    end_line(screen);
}

void health_show(const struct health *health, bool has_colours,
                 struct buffer *out)
{
    const struct screen screen = {health, has_colours, out};

    show_time(&screen);
    show_parts(&screen);
    if (health->log.is_known)
        show_group(&screen);
    show_rates(&screen);
    if (health->ledger.is_known) {
        show_latency(&screen);
        show_ledger(&screen);
        show_sync(&screen, "users", &health->ledger.users);
        show_sync(&screen, "orgs", &health->ledger.organizations);
    }
    if (health->log.is_known) {
        show_lag(&screen);
        show_waiting(&screen);
    }
}

/* clerkstream audit - do the tables hold what the log says?
 *
 * Compare; where events that are just being applied leave it open, let the
 * consumers come that far and compare again; repair what differs where that is
 * asked for, and look whether it helped; tell. */
#include "console/audit/audit.h"

#include "console/audit/report.h"
#include "console/commands.h"
#include "console/terminal.h"

#include <inttypes.h>

#define OUTPUT_BYTES (64 << 20)
#define PASSES_MAX 5
#define REPAIRS_MAX 3

static const struct flag audit_flags[] = {
    {.name = "entity",
     .type = FLAG_TEXT,
     .offset = offsetof(struct audit_flags, entity),
     .value = "ID",
     .about = "Only this user, organization or membership, and what belongs to "
              "it."},
    {.name = "payload",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct audit_flags, has_values),
     .about = "Show what is expected and what was found: personal data."},
    {.name = "repair",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct audit_flags, is_repair),
     .about = "Make what differs what the log says."},
    {.name = "limit",
     .type = FLAG_NUMBER,
     .offset = offsetof(struct audit_flags, limit),
     .value = "N",
     .fallback = "1000",
     .min = 0,
     .max = 1000000,
     .about = "Differences that are shown; all are counted and repaired."},
    FLAG_TIMEOUT(struct audit_flags, "60"),
    FLAG_JSON(struct audit_flags),
};

/* Until nothing is unsettled, or nobody is there to settle it. */
static int compare(struct audit *audit, struct error *err)
{
    bool is_there = true;

    for (int i = 0; i < PASSES_MAX && is_there; i++) {
        if (audit_run(audit, i > 0, err) != 0)
            return -1;
        if (audit->pass.unsettled.count == 0)
            return 0;
        if (audit_wait(audit, &is_there, err) != 0)
            return -1;
    }
    return 0;
}

/* What was found is taken out of the pass, for the report. */
static int repair(struct audit *audit, struct report *report, struct error *err)
{
    struct differences *found = &audit->pass.differences;

    report->is_repaired = true;
    report->found = *found;
    found->items = NULL;
    found->count = found->room = 0;
    for (int i = 0; i < REPAIRS_MAX && found->total > 0; i++)
        if (repair_run(audit, &report->repair, err) != 0 ||
            compare(audit, err) != 0)
            return -1;
    return 0;
}

static int tell(const struct audit *audit, const struct report *report,
                struct error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (audit->flags->is_json)
        report_print_json(report, &audit->pass, &out);
    else
        report_print(report, &audit->pass, terminal_has_colours(), &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

/* -1 where --entity is an id that neither the log nor the tables have. */
static int check_known(const struct audit *audit, struct error *err)
{
    const char *id = audit->flags->entity;
    const struct known_table *known = &audit->pass.expected.known;

    if (id == NULL || audit->pass.differences.total > 0)
        return 0;
    for (int kind = 0; kind < AUDIT_KINDS; kind++)
        if (known_find(known, (enum entity_kind)kind, slice_of(id)) != NULL)
            return 0;
    return error_set(err, ERROR_ACCESS,
                     "%.100s is neither in %" PRIu64 " records of %.60s nor in "
                     "the tables",
                     id, audit->pass.records,
                     audit->config->common.events_topic);
}

static int run_audit(struct audit *audit, struct report *report,
                     struct error *err)
{
    uint64_t left;

    if (compare(audit, err) != 0 || check_known(audit, err) != 0)
        return -1;
    if (audit->flags->is_repair && audit->pass.differences.total > 0 &&
        repair(audit, report, err) != 0)
        return -1;
    left = audit->pass.differences.total;
    if (tell(audit, report, err) != 0)
        return -1;
    if (left == 0)
        return 0;
    return error_set(err, ERROR_ACCESS, "%" PRIu64 " difference%s%s", left,
                     left == 1 ? "" : "s",
                     report->is_repaired ? " could not be repaired" : "");
}

static int run(const struct console_config *config, const void *flags,
               struct error *err)
{
    struct report report = {.is_repaired = false};
    struct audit audit;
    int result = audit_open(&audit, config, flags, err);

    if (result == 0)
        result = run_audit(&audit, &report, err);
    differences_release(&report.found);
    audit_close(&audit);
    return result;
}

const struct command command_audit = {
    .name = "audit",
    .about = "Compare what the log says with what the tables hold.",
    .detail =
        "Reads EVENTS_TOPIC from its begin, merges the events as the "
        "consumers\n"
        "do and holds the outcome against the tables: rows, their columns and\n"
        "the registers in entity_versions. Exit code 1 if anything differs.\n"
        "What an entity must be follows from all of its events, so no time "
        "can\n"
        "be given. Running consumers are not disturbed; where an event is "
        "just\n"
        "being applied its entities are looked at again. Memory grows with "
        "the\n"
        "number of users, organizations and memberships in the log.\n"
        "\n"
        "Left out are events that failed or wait for a retry. Where the log "
        "has\n"
        "lost its begin to retention, what only the tables know is counted as\n"
        "\"not in the log\" and believed.\n"
        "\n"
        "--repair changes what differs and nothing else: it applies the "
        "events\n"
        "again that decide, restores registers that say too much and deletes\n"
        "rows that no event ever spoke of, if no row of a table of yours "
        "would\n"
        "go with them. CONSUMER_ROLE_MAP must be that of the consumers.",
    .example = "clerkstream audit\n"
               "clerkstream audit --entity user_2abc --payload\n"
               "clerkstream audit --repair --json",
    .flags = audit_flags,
    .flags_count = sizeof(audit_flags) / sizeof(audit_flags[0]),
    .flags_bytes = sizeof(struct audit_flags),
    .run = run,
};

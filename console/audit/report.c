#include "console/audit/report.h"

#include <inttypes.h>

/* The tables that rows are due in. */
#define TABLES 3
static const struct {
    const char *name, *one, *many;
    size_t offset; /* of the count in struct rows */
} tables[TABLES] = {
    {"users", "user", "users", offsetof(struct rows, users_count)},
    {"organizations", "organization", "organizations",
     offsetof(struct rows, organizations_count)},
    {"organization_memberships", "membership", "memberships",
     offsetof(struct rows, memberships_count)},
};

static size_t count_of(const struct audit_pass *pass, size_t table)
{
    return *(const size_t *)((const char *)&pass->expected.rows +
                             tables[table].offset);
}

static void add_number(struct buffer *out, uint64_t number, const char *one,
                       const char *many)
{
    buffer_add_format(out, "%" PRIu64 " %s", number, number == 1 ? one : many);
}

static void print_compared(const struct audit_pass *pass, struct buffer *out)
{
    add_number(out, pass->records, "record", "records");
    buffer_add_text(out, " of the log compared with the tables: ");
    for (size_t i = 0; i < TABLES; i++) {
        add_number(out, count_of(pass, i), tables[i].one, tables[i].many);
        buffer_add_text(out, i + 1 < TABLES ? ", " : "\n");
    }
}

/* What is no difference, but was not compared. */
static void print_left_out(const struct audit_pass *pass, struct buffer *out)
{
    uint64_t unknown = pass->only_in_tables[ENTITY_USER] +
                       pass->only_in_tables[ENTITY_ORGANIZATION] +
                       pass->only_in_tables[ENTITY_MEMBERSHIP];

    if (pass->troubled.count > 0) {
        add_number(out, pass->troubled.count, "event", "events");
        buffer_add_text(out, " failed or waiting for a retry, without which "
                             "the tables are right\n");
    }
    if (pass->unsettled.count > 0) {
        add_number(out, pass->unsettled.count, "entity", "entities");
        buffer_add_text(out, " with events that the consumers have not "
                             "applied yet: ask again then\n");
    }
    if (unknown > 0) {
        buffer_add_text(out, "not in the log: ");
        add_number(out, pass->only_in_tables[ENTITY_USER], "user, ", "users, ");
        add_number(out, pass->only_in_tables[ENTITY_ORGANIZATION],
                   "organization, ", "organizations, ");
        add_number(out, pass->only_in_tables[ENTITY_MEMBERSHIP], "membership",
                   "memberships");
        buffer_add_text(out, pass->is_log_whole
                                 ? "\n"
                                 : "; it begins later than the tables\n");
    }
}

static void print_repair(const struct repair *repair, struct buffer *out)
{
    buffer_add_text(out, "repaired: ");
    add_number(out, repair->reapplied, "event", "events");
    buffer_add_text(out, " applied again, ");
    add_number(out, repair->restored, "register", "registers");
    buffer_add_text(out, " restored, ");
    add_number(out, repair->removed, "row", "rows");
    buffer_add_text(out, " removed\n");
    if (repair->kept > 0) {
        add_number(out, repair->kept, "row", "rows");
        buffer_add_text(out, " not removed, since locked or since rows of "
                             "other tables would go too\n");
    }
    if (repair->refused > 0) {
        add_number(out, repair->refused, "event", "events");
        buffer_add_text(out, " not applied\n");
    }
    if (repair->why.kind != ERROR_NONE)
        buffer_add_format(out, "the first refusal: %s\n", repair->why.text);
}

void report_print(const struct report *report, const struct audit_pass *pass,
                  bool has_colours, struct buffer *out)
{
    differences_print(report->is_repaired ? &report->found : &pass->differences,
                      has_colours, out);
    if (report->is_repaired) {
        print_repair(&report->repair, out);
        if (pass->differences.total > 0)
            buffer_add_text(out, "left:\n");
        differences_print(&pass->differences, has_colours, out);
    }
    print_compared(pass, out);
    print_left_out(pass, out);
    if (pass->differences.total == 0)
        buffer_add_text(out, "the tables hold what the log says\n");
}

static void write_counts(const struct audit_pass *pass, struct json_writer *w)
{
    json_write_number(w, "records", (int64_t)pass->records);
    json_write_bool(w, "is_log_whole", pass->is_log_whole);
    json_write_object(w, "rows");
    for (size_t i = 0; i < TABLES; i++)
        json_write_number(w, tables[i].name, (int64_t)count_of(pass, i));
    json_write_end(w);
    json_write_number(w, "troubled", (int64_t)pass->troubled.count);
    json_write_number(w, "unsettled", (int64_t)pass->unsettled.count);
    json_write_object(w, "not_in_log");
    for (int kind = 0; kind < AUDIT_KINDS; kind++)
        json_write_number(w, entity_kind_names[kind],
                          (int64_t)pass->only_in_tables[kind]);
    json_write_end(w);
}

static void write_differences(const struct differences *list,
                              struct json_writer *w)
{
    json_write_number(w, "total", (int64_t)list->total);
    differences_write_json(list, w, "differences");
}

static void write_repair(const struct report *report,
                         const struct audit_pass *pass, struct json_writer *w)
{
    const struct repair *repair = &report->repair;

    json_write_object(w, "repair");
    json_write_number(w, "reapplied", (int64_t)repair->reapplied);
    json_write_number(w, "refused", (int64_t)repair->refused);
    json_write_number(w, "restored", (int64_t)repair->restored);
    json_write_number(w, "removed", (int64_t)repair->removed);
    json_write_number(w, "kept", (int64_t)repair->kept);
    json_write_text(w, "why",
                    repair->why.kind != ERROR_NONE ? repair->why.text : NULL);
    json_write_object(w, "left");
    write_differences(&pass->differences, w);
    json_write_end(w);
    json_write_end(w);
}

void report_print_json(const struct report *report,
                       const struct audit_pass *pass, struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    write_counts(pass, &w);
    write_differences(report->is_repaired ? &report->found : &pass->differences,
                      &w);
    if (report->is_repaired)
        write_repair(report, pass, &w);
    else
        json_write_text(&w, "repair", NULL);
    json_write_end(&w);
    buffer_add_char(out, '\n');
}

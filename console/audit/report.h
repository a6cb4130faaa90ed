/* report - what an audit found and did, for people or as JSON.  Pure. */
#pragma once

#include "console/audit/repair.h"

struct report {
    struct differences found; /* before anything was repaired */
    struct repair repair;
    bool is_repaired; /* it was tried: what is left is in the last pass */
};

void report_print(const struct report *report, const struct audit_pass *pass,
                  bool has_colours, struct buffer *out);
void report_print_json(const struct report *report,
                       const struct audit_pass *pass, struct buffer *out);

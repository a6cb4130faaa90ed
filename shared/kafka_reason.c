#include "shared/kafka_reason.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SCRAM_IS_GOOD 0x020601ff /* librdkafka 2.6.1 */

bool kafka_reason_is_lasting(int code)
{
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           code == RD_KAFKA_RESP_ERR__SSL;
}

/* It repeats the nonce; Kafka 4 takes that for a wrong password. */
static bool has_bad_scram(const rd_kafka_t *handle)
{
    char mechanism[32] = "";
    size_t size = sizeof(mechanism);

    rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)(uintptr_t)handle),
                      "sasl.mechanisms", mechanism, &size);
    return rd_kafka_version() < SCRAM_IS_GOOD &&
           strncmp(mechanism, "SCRAM-", 6) == 0;
}

/* "sasl_ssl://host:9092/bootstrap: WHAT (after 3ms in state AUTH_REQ)" */
void kafka_reason_set(const rd_kafka_t *handle, int code, const char *text,
                      char *ret_reason, size_t size)
{
    const char *start = strstr(text, ": "), *end = strstr(text, " (after ");
    const char *hint = "";
    char known[96];

    start = start == NULL ? text : start + 2;
    if (end == NULL || end < start)
        end = start + strlen(start);
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && has_bad_scram(handle)) {
        snprintf(known, sizeof(known),
                 "librdkafka %s cannot do SCRAM with Kafka 4, 2.6.1 can: ",
                 rd_kafka_version_str());
        hint = known;
    }
    snprintf(ret_reason, size, "%s%.*s", hint, (int)(end - start), start);
}

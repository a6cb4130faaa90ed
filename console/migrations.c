#include "console/migrations.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES 32

void migration_checksum(const struct migration *migration,
                        char out[MIGRATION_CHECKSUM_BYTES])
{
    unsigned char digest[DIGEST_BYTES];

    if (EVP_Digest(migration->sql, migration->size, digest, NULL, EVP_sha256(),
                   NULL) != 1)
        abort();
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int check_one(const struct migration *migration,
                     const struct migration_record *record, struct error *err)
{
    char checksum[MIGRATION_CHECKSUM_BYTES];
    int order = strcmp(migration->name, record->name);

    if (order < 0)
        return error_set(err, ERROR_ACCESS,
                         "%s was left out: the database has %s, which comes "
                         "after it",
                         migration->name, record->name);
    if (order > 0)
        return error_set(err, ERROR_ACCESS,
                         "the database has %s, which this program does not "
                         "know",
                         record->name);
    migration_checksum(migration, checksum);
    if (strcmp(checksum, record->checksum) != 0)
        return error_set(err, ERROR_ACCESS,
                         "%s was changed after it was applied: %s in the "
                         "database, %s in this program",
                         migration->name, record->checksum, checksum);
    return 0;
}

int migrations_check(const struct migration *table, size_t count,
                     const struct migration_record *records,
                     size_t records_count, size_t *ret_applied,
                     struct error *err)
{
    for (size_t i = 0; i < records_count && i < count; i++)
        if (check_one(&table[i], &records[i], err) != 0)
            return -1;
    if (records_count > count)
        return error_set(err, ERROR_ACCESS,
                         "the database has %s, which this program does not "
                         "know: it is newer than the program",
                         records[count].name);
    *ret_applied = records_count;
    return 0;
}

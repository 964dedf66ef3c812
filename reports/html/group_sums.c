/* SPDX-License-Identifier: MIT */
/* Open addressing; a group is its count of additions (0: an empty place), its key and its sums. */

#include "reports/html/group_sums.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "reports/limits.h"

struct group_sums {
    struct audit *audit;
    sqlite3_stmt *insert;
    unsigned keys, sums, used;
    int64_t *places;
};

static size_t width_of(const struct group_sums *groups)
{
    return 1 + groups->keys + groups->sums;
}

static int64_t *group_at(const struct group_sums *groups, size_t place)
{
    return groups->places + place * width_of(groups);
}

struct group_sums *group_sums_new(struct audit *audit, const char *table, unsigned keys,
                                  unsigned sums)
{
    assert(keys <= GROUP_KEYS && sums <= GROUP_SUMS);
    struct group_sums *groups = xcalloc(1, sizeof *groups);
    *groups = (struct group_sums){.audit = audit, .keys = keys, .sums = sums};
    groups->places = xcalloc(LIMIT_GROUP_SUMS, width_of(groups) * sizeof *groups->places);
    sqlite3_str *text = sqlite3_str_new(audit->db);
    sqlite3_str_appendf(text, "INSERT INTO temp.%s VALUES (?", table);
    for (unsigned i = 1; i < keys + sums; i++)
        sqlite3_str_appendall(text, ",?");
    sqlite3_str_appendall(text, ")");
    char *statement = sqlite3_str_finish(text);
    groups->insert = query_begin(audit, statement ? statement : "").statement;
    sqlite3_free(statement);
    return groups;
}

static void pour_group(struct group_sums *groups, int64_t *group)
{
    for (unsigned i = 1; i < width_of(groups); i++)
        sqlite3_bind_int64(groups->insert, (int)i, group[i]);
    sqlite3_step(groups->insert);
    if (sqlite3_reset(groups->insert) != SQLITE_OK)
        audit_fail(groups->audit);
}

static void pour(struct group_sums *groups)
{
    for (size_t place = 0; place < LIMIT_GROUP_SUMS; place++) {
        int64_t *group = group_at(groups, place);
        if (*group && !groups->audit->failed)
            pour_group(groups, group);
    }
    memset(groups->places, 0, LIMIT_GROUP_SUMS * width_of(groups) * sizeof *groups->places);
    groups->used = 0;
}

/* The group of a key, or the empty place where it belongs. */
static int64_t *find(const struct group_sums *groups, const int64_t *key)
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < groups->keys; i++)
        hash = hash_mix(hash, (uint64_t)key[i]);
    for (size_t place = hash % LIMIT_GROUP_SUMS;; place = (place + 1) % LIMIT_GROUP_SUMS) {
        int64_t *group = group_at(groups, place);
        if (!*group || memcmp(group + 1, key, groups->keys * sizeof *key) == 0)
            return group;
    }
}

void group_sums_add(struct group_sums *groups, const int64_t *key, const int64_t *sums)
{
    int64_t *group = find(groups, key);
    if (!*group && ++groups->used > LIMIT_GROUP_SUMS / 4 * 3) {
        pour(groups);
        groups->used = 1;
        group = find(groups, key);
    }
    ++*group;
    memcpy(group + 1, key, groups->keys * sizeof *key);
    int64_t *at = group + 1 + groups->keys;
    for (unsigned i = 0; i < groups->sums; i++)
        at[i] = (int64_t)((uint64_t)at[i] + (uint64_t)sums[i]); /* wraps in a damaged file */
}

void group_sums_free(struct group_sums *groups)
{
    pour(groups);
    sqlite3_finalize(groups->insert);
    free(groups->places);
    free(groups);
}

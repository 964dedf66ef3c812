/* SPDX-License-Identifier: MIT */
/*
 * Tags as numbers: four per URL, and one table for all in which a new tag takes the place of
 * whatever its hash falls on. Forgetting a tag of the URL is known and silences; forgetting who
 * else issued one only turns "of another URL" into "of nobody known".
 */

#include "analysis/issued.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/hash.h"

struct issuer {
    uint64_t tag, serial, exchange_id;
};

struct issuers {
    struct issuer of[LIMIT_ISSUERS];
};
_Static_assert((LIMIT_ISSUERS & (LIMIT_ISSUERS - 1)) == 0, "a mask finds the place");

struct issuers *issuers_new(void)
{
    return xcalloc(1, sizeof(struct issuers));
}

void issuers_free(struct issuers *issuers)
{
    free(issuers);
}

/* Not seeded: which of two tags stays must not depend on the run. */
static uint64_t tag_number(const struct entity_tag *tag)
{
    return hash64_stable(entity_tag_core(tag)) | 1;
}

static bool has(const struct issued *issued, uint64_t tag)
{
    for (unsigned i = 0; i < issued->count && i < COUNT_OF(issued->tags); i++)
        if (issued->tags[i] == tag)
            return true;
    return false;
}

static void add(struct issued *issued, struct issuers *issuers, uint64_t serial, uint64_t tag,
                uint64_t exchange_id)
{
    if (LIKELY(has(issued, tag)))
        return;
    issued->tags[issued->count % COUNT_OF(issued->tags)] = tag;
    if (issued->count <= COUNT_OF(issued->tags))
        issued->count++;
    issuers->of[tag / 2 & (LIMIT_ISSUERS - 1)] = (struct issuer){tag, serial, exchange_id};
}

void issued_learn(struct issued *issued, struct issuers *issuers, uint64_t serial,
                  const struct facts *facts, uint64_t exchange_id)
{
    const struct tag_list *offered = &facts->request.if_none_match;
    if (!slice_is_absent(facts->response.etag.text))
        add(issued, issuers, serial, tag_number(&facts->response.etag), exchange_id);
    if (facts->x->status != 304 || offered->kind != TAG_LIST_TAGS)
        return;
    struct slice rest = offered->text;
    struct entity_tag member;
    while (issued->count <= COUNT_OF(issued->tags) && tag_list_next(&rest, &member))
        add(issued, issuers, serial, tag_number(&member), exchange_id);
}

enum foreign issued_foreign(const struct issued *issued, const struct issuers *issuers,
                            uint64_t serial, const struct tag_list *offered, struct slice *tag,
                            uint64_t *exchange_id)
{
    struct slice rest = offered->text;
    struct entity_tag member;
    while (tag_list_next(&rest, &member)) {
        uint64_t number = tag_number(&member);
        if (has(issued, number))
            continue;
        if (issued->count > COUNT_OF(issued->tags))
            return FOREIGN_FORGOTTEN;
        const struct issuer *other = &issuers->of[number / 2 & (LIMIT_ISSUERS - 1)];
        *tag = member.text;
        if (other->tag != number || other->serial == serial)
            return FOREIGN_UNKNOWN;
        *exchange_id = other->exchange_id;
        return FOREIGN_CROSS_URL;
    }
    return FOREIGN_NOT;
}

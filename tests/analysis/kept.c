/* SPDX-License-Identifier: MIT */
/* An exchange that is put away comes back as it was. */

#include "analysis/kept.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/support/spoken.h"

static bool same_text(struct slice a, struct slice b)
{
    return slice_is_absent(a) == slice_is_absent(b) && slice_equal(a, b);
}

static void expect_same_head(const struct head *was, const struct head *is)
{
    cr_assert(eq(u32, is->n_fields, was->n_fields));
    cr_expect(same_text(is->bytes, was->bytes));
    cr_expect(memcmp(is->present, was->present, sizeof is->present) == 0);
    for (uint32_t i = 0; i < was->n_fields; i++)
        cr_expect(slice_equal(field_value(is, &is->fields[i]), field_value(was, &was->fields[i])) &&
                  is->fields[i].token == was->fields[i].token);
}

static void expect_same(struct exchange *x)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct kept *kept = kept_new(x);
    const struct exchange *back = kept_read(kept, &arena);
    expect_same_head(&x->request.head, &back->request.head);
    expect_same_head(&x->response.head, &back->response.head);
    cr_expect(same_text(back->method, x->method) && same_text(back->target, x->target) &&
              same_text(back->reason, x->reason));
    cr_expect(same_text(kept_request_head(kept), x->request.head.bytes));
    cr_expect(same_text(kept_response_head(kept), x->response.head.bytes));
    cr_expect(memcmp(&back->connection, &x->connection, sizeof x->connection) == 0);
    cr_expect(eq(u16, back->status, x->status));
    cr_expect(eq(u64, back->flaws, x->flaws));
    cr_expect(eq(i64, back->finished_ns, x->finished_ns));
    cr_expect(eq(i64, back->response.last.time_ns, x->response.last.time_ns));
    cr_expect(back->arena.total == 0 && back->next == NULL);
    kept_free(kept);
    arena_fini(&arena);
}

Test(kept, both_heads)
{
    struct exchange *x = exchange_spoken("GET /a?b=c\nHost: example\nIf-None-Match: \"x\"\n",
                                         "304\nETag: \"x\"\nVary: Accept\nVary: Origin\n");
    x->flaws = UINT64_C(1) << 40;
    expect_same(x);
    exchange_free(x);
}

Test(kept, one_head_and_words_that_lie_elsewhere)
{
    struct exchange *x = exchange_spoken("GET /a\nHost: example\n", NULL);
    x->method = SLICE("PUT");
    x->target = SLICE("");
    x->reason = SLICE("Elsewhere");
    expect_same(x);
    exchange_free(x);
}

Test(kept, words_without_a_head)
{
    struct exchange *x = exchange_new();
    x->target = SLICE("/half");
    expect_same(x);
    exchange_free(x);
}

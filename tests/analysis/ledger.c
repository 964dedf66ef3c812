/* SPDX-License-Identifier: MIT */
/* rules.md §3.6 with A25 to A28: order, accounts, what is left, and that nothing is counted twice.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "analysis/ledger.h"
#include "base/attributes.h"

#define ORDER(n, a)                                                                                \
    {                                                                                              \
        .order = (n), .account = ACCOUNT_##a                                                       \
    }
static const struct rule first = ORDER(1, AVOIDABLE), third = ORDER(3, AVOIDABLE),
                         eleventh = ORDER(11, OPPORTUNITY), nineteenth = ORDER(19, AVOIDABLE),
                         twenty_second = ORDER(22, AVOIDABLE), unpaid = ORDER(0, NONE);

static const uint64_t observed[FOUR] = {300, 0, 250, 10000};
#define SIZE 180

Test(ledger, elimination_takes_everything)
{
    struct ledger_claim c[] = {{&nineteenth, {.kind = CLAIM_ELIMINATE}, 7, 7, 7}};
    ledger_settle(observed, SIZE, c, 1);
    cr_expect(eq(u64, c[0].avoidable, 10550));
    cr_expect(eq(u64, c[0].standalone, 10550));
    cr_expect(eq(u64, c[0].opportunity, 0));
}

Test(ledger, replacement_leaves_a_304_and_the_condition_that_asks_for_it)
{
    struct ledger_claim c[] = {{&third, {.kind = CLAIM_REPLACE, .added_octets = 25}, 0, 0, 0}};
    ledger_settle(observed, SIZE, c, 1);
    cr_expect(eq(u64, c[0].avoidable, 10250 - SIZE - 25));
}

Test(ledger, a_response_shorter_than_a_304_saves_nothing)
{
    const uint64_t tiny[FOUR] = {300, 0, 150, 20};
    struct ledger_claim c[] = {{&third, {.kind = CLAIM_REPLACE}, 0, 0, 0}};
    ledger_settle(tiny, SIZE, c, 1);
    cr_expect(eq(u64, c[0].avoidable, 0));
}

Test(ledger, parts_are_capped_by_what_is_there)
{
    struct ledger_claim c[] = {
        {&first, {.kind = CLAIM_PART, .header_octets = 9999, .body_octets = 5}, 0, 0, 0}};
    ledger_settle(observed, SIZE, c, 1);
    cr_expect(eq(u64, c[0].avoidable, 255));
}

/* "3+19 on one exchange compose: 3 takes body, 19 takes the residual 304-sized rest." */
Test(ledger, the_order_is_the_ledgers_and_not_that_of_the_claims)
{
    struct ledger_claim c[] = {
        {&nineteenth, {.kind = CLAIM_ELIMINATE}, 0, 0, 0},
        {&third, {.kind = CLAIM_REPLACE}, 0, 0, 0},
    };
    ledger_settle(observed, SIZE, c, 2);
    cr_expect(eq(u64, c[1].avoidable, 10250 - SIZE));
    cr_expect(eq(u64, c[0].avoidable, 300 + SIZE));
    cr_expect(eq(u64, c[0].standalone, 10550));
}

Test(ledger, both_accounts_draw_on_the_same_rest)
{
    struct ledger_claim c[] = {
        {&eleventh, {.kind = CLAIM_REPLACE}, 0, 0, 0},
        {&third, {.kind = CLAIM_REPLACE}, 0, 0, 0},
    };
    ledger_settle(observed, SIZE, c, 2);
    cr_expect(eq(u64, c[1].avoidable, 10250 - SIZE));
    cr_expect(eq(u64, c[0].opportunity, 0));
    cr_expect(eq(u64, c[0].avoidable, 0));
    cr_expect(eq(u64, c[0].standalone, 10250 - SIZE));
}

Test(ledger, what_is_waived_shows_only_what_it_would_have_been)
{
    struct ledger_claim c[] = {
        {&third, {.kind = CLAIM_REPLACE, .waived = true}, 0, 0, 0},
        {&nineteenth, {.kind = CLAIM_ELIMINATE}, 0, 0, 0},
        {&unpaid, {.kind = CLAIM_ELIMINATE}, 0, 0, 0},
    };
    ledger_settle(observed, SIZE, c, 3);
    cr_expect(eq(u64, c[0].avoidable, 0));
    cr_expect(eq(u64, c[0].standalone, 10250 - SIZE));
    cr_expect(eq(u64, c[1].avoidable, 10550));
    cr_expect(eq(u64, c[2].avoidable + c[2].opportunity + c[2].standalone, 0));
}

/* Whatever is claimed: the sum never passes what was seen. */
Test(ledger, conserves)
{
    static const struct rule *const rules[] = {&first,      &third,         &eleventh,
                                               &nineteenth, &twenty_second, &unpaid};
    uint64_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        struct ledger_claim c[8];
        uint64_t seen[FOUR], total = 0, claimed = 0;
#define NEXT(below)                                                                                \
    (random = random * 6364136223846793005u + 1442695040888963407u, (random >> 33) % (below))
        for (unsigned i = 0; i < FOUR; i++)
            total += seen[i] = NEXT(2000);
        unsigned n = (unsigned)NEXT(COUNT_OF(c) + 1);
        for (unsigned i = 0; i < n; i++)
            c[i] = (struct ledger_claim){.rule = rules[NEXT(COUNT_OF(rules))],
                                         .claim = {(enum claim_kind)NEXT(4), NEXT(5) == 0,
                                                   NEXT(100), NEXT(3000), NEXT(3000)}};
        ledger_settle(seen, NEXT(400), c, n);
        for (unsigned i = 0; i < n; i++) {
            claimed += c[i].avoidable + c[i].opportunity;
            cr_assert(c[i].standalone >= c[i].avoidable + c[i].opportunity);
            cr_assert(c[i].standalone <= total);
        }
        cr_assert(claimed <= total);
    }
}

/* SPDX-License-Identifier: MIT */
/* What waits: for how long, what ends it, and in what form. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/limits.h"
#include "base/attributes.h"
#include "tests/support/hearing.h"

#define WITH_VARY "200\nETag: \"a\"\nVary: Accept\n"
#define ASK       "GET /a\nIf-None-Match: \"a\"\n"
#define WITHOUT   "304\nETag: \"a\"\n"
#define NS        INT64_C(1000000000)

static const struct said reference = {.request = "GET /a\n", .response = WITH_VARY, .body = "A"};

/* Something of another server, so that time goes on. */
static void pass_time(struct hearing *h, double at_s)
{
    hearing_say(
        h, &(struct said){
               .at_s = at_s, .client = 9, .server = 9, .request = "GET /t\n", .response = "404\n"});
}

static void begin(struct hearing *h, int64_t window_s)
{
    struct analysis_options options = analysis_options_default();
    options.window_ns = window_s * NS;
    hearing_begin(h, &options);
}

Test(accusations, the_window_closes_what_waits_for_a_reference)
{
    struct hearing h;
    begin(&h, 3600);
    hearing_say(&h, &reference);
    hearing_say(&h, &(struct said){.at_s = 60, .request = ASK, .response = WITHOUT});
    pass_time(&h, 3600);
    cr_expect(hearing_find(&h, "304-missing-vary", 2) == NULL);
    pass_time(&h, 3661);
    cr_expect(hearing_find(&h, "304-missing-vary", 2) != NULL);
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 1));
    hearing_free(&h);
}

Test(accusations, a_reference_closes_it_once_losses_must_have_been_told)
{
    struct hearing h;
    begin(&h, 36000);
    hearing_say(&h, &reference);
    hearing_say(&h, &(struct said){.at_s = 60, .request = ASK, .response = WITHOUT});
    hearing_say(
        &h,
        &(struct said){
            .at_s = 90, .client = 2, .request = "GET /a\n", .response = WITH_VARY, .body = "A"});
    pass_time(&h, 700);
    cr_expect(hearing_find(&h, "304-missing-vary", 2) == NULL);
    pass_time(&h, 90 + (double)(LIMIT_RIPENING_NS / NS) + 1);
    cr_expect(hearing_find(&h, "304-missing-vary", 2) != NULL);
    hearing_end(&h);
    hearing_free(&h);
}

Test(accusations, the_end_closes_everything)
{
    struct hearing h;
    begin(&h, 3600);
    hearing_say(&h, &reference);
    for (unsigned i = 1; i <= 5; i++)
        hearing_say(&h, &(struct said){.at_s = 60 * i, .request = ASK, .response = WITHOUT});
    cr_expect(eq(u32, h.n_heard, 0));
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 5));
    for (unsigned i = 0; i < h.n_heard; i++)
        cr_expect(eq(u64, h.heard[i].exchange, i + 2), "the oldest first");
    hearing_free(&h);
}

/* All findings of an exchange wait for its last accusation, because the ledger settles it once. */
static void count_passed_vary(void *context, const struct check *check)
{
    if (check->outcome == CHECK_PASSED && strcmp(check->rule->id, "304-missing-vary") == 0)
        *(uint64_t *)context += check->exchanges;
}

static uint64_t passed_vary(const struct hearing *h)
{
    uint64_t passed = 0;
    analysis_checks(h->analysis, count_passed_vary, &passed);
    return passed;
}

/* Whatever is lost, or told late: it will not be said that this 304 lacks Vary. */
Test(accusations, a_reference_without_the_field_settles_at_once)
{
    struct hearing h;
    begin(&h, 3600);
    hearing_say(&h, &(struct said){.at_s = 60, .request = ASK, .response = WITHOUT});
    hearing_say(&h, &(struct said){.at_s = 70,
                                   .client = 2,
                                   .request = "GET /a\n",
                                   .response = "200\nETag: \"b\"\n",
                                   .body = "B"});
    cr_expect(eq(u64, passed_vary(&h), 0), "another representation");
    hearing_say(&h, &(struct said){.at_s = 160, .request = ASK, .response = WITHOUT});
    hearing_say(&h, &(struct said){.at_s = 170,
                                   .client = 2,
                                   .request = "GET /a\n",
                                   .response = "200\nETag: \"a\"\n",
                                   .body = "A"});
    cr_expect(eq(u64, passed_vary(&h), 1), "the first ripens by what came first");
    hearing_end(&h);
    hearing_free(&h);
}

Test(accusations, what_is_known_at_once_waits_for_the_rest)
{
    struct hearing h;
    begin(&h, 3600);
    hearing_say(&h, &reference);
    hearing_say(
        &h, &(struct said){.at_s = 60, .request = ASK, .response = WITHOUT "Content-Type: a/b\n"});
    hearing_say(&h, &(struct said){.at_s = 70,
                                   .request = "GET /b\nIf-None-Match: \"a\"\n",
                                   .response = WITHOUT
                                   "Vary: Accept\nContent-Type: a/b\n"
                                   "Cache-Control: a\nContent-Location: /\nExpires: 0\n"});
    cr_expect(hearing_find(&h, "304-superfluous-metadata", 2) == NULL);
    cr_expect(hearing_find(&h, "304-superfluous-metadata", 3) != NULL, "nothing of it waits");
    hearing_end(&h);
    cr_expect(hearing_find(&h, "304-superfluous-metadata", 2) != NULL);
    hearing_free(&h);
}

/* A count confirms those that came before it was reached. */
Test(accusations, a_count_confirms_what_waited_for_it)
{
    struct hearing h;
    begin(&h, 3600);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect(eq(u32, h.n_heard, 0));
        hearing_say(&h, &(struct said){.at_s = 60 * i,
                                       .request = "GET /a\n",
                                       .response = "200\nCache-Control: no-store\n",
                                       .body = "A"});
    }
    cr_expect(eq(u32, h.n_heard, 2));
    cr_expect(hearing_find(&h, "no-store-unchanged", 2) &&
              hearing_find(&h, "no-store-unchanged", 3));
    hearing_end(&h);
    hearing_free(&h);
}

Test(accusations, a_count_that_is_not_reached_lets_them_fall)
{
    struct hearing h;
    begin(&h, 3600);
    for (unsigned i = 0; i < 2; i++)
        hearing_say(&h, &(struct said){.at_s = 60 * i,
                                       .request = "GET /a\n",
                                       .response = "200\nCache-Control: no-store\n",
                                       .body = "A"});
    pass_time(&h, 3700);
    hearing_say(&h, &(struct said){.at_s = 3800,
                                   .request = "GET /a\n",
                                   .response = "200\nCache-Control: no-store\n",
                                   .body = "A"});
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 1), "only the one that was there when the count was reached");
    cr_expect(hearing_find(&h, "no-store-unchanged", 4) != NULL);
    cr_expect(strstr(h.checks, "no-store-unchanged passed 1\nno-store-unchanged fired 1\n") != NULL,
              "%s", h.checks);
    hearing_free(&h);
}

static uint64_t pushed_out;

static void on_counter(void *context, const char *name, const char *text, bool is_cap,
                       uint64_t value)
{
    (void)context, (void)text;
    if (strcmp(name, "accusations-pushed-out") == 0 && is_cap)
        pushed_out = value;
}

/* Memory is bounded: too many, and the oldest are judged early, in the same words. */
Test(accusations, a_cap_judges_the_oldest_early)
{
    struct analysis_options options = analysis_options_default();
    options.memory = 1; /* the smallest scale: 256 exchanges may wait */
    struct hearing h;
    hearing_begin(&h, &options);
    hearing_say(&h, &reference);
    for (unsigned i = 1; i <= 600; i++)
        hearing_say(&h, &(struct said){.at_s = i * 0.5, .request = ASK, .response = WITHOUT});
    cr_expect(h.n_heard >= 300);
    analysis_counters(h.analysis, on_counter, NULL);
    cr_expect(pushed_out >= 300);
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 600));
    for (unsigned i = 0; i < h.n_heard; i++)
        cr_expect(eq(int, h.heard[i].severity, SEVERITY_ERROR));
    hearing_free(&h);
}

/* What waits for a URL that is pushed out of the store is judged first. */
Test(accusations, a_forgotten_url_takes_its_accusations_along)
{
    struct analysis_options options = analysis_options_default();
    options.memory = 1;
    struct hearing h;
    hearing_begin(&h, &options);
    hearing_say(&h, &reference);
    hearing_say(&h, &(struct said){.at_s = 60, .request = ASK, .response = WITHOUT});
    for (unsigned i = 0; i < 600; i++) {
        char request[32];
        snprintf(request, sizeof request, "GET /%u\n", i);
        hearing_say(&h, &(struct said){.at_s = 61 + i,
                                       .request = request,
                                       .response = "200\nETag: \"x\"\n",
                                       .body = "B"});
    }
    cr_expect(hearing_find(&h, "304-missing-vary", 2) != NULL);
    hearing_end(&h);
    hearing_free(&h);
}

static void say_missing(struct hearing *h, unsigned n, double every_s)
{
    for (unsigned i = 0; i < n; i++)
        hearing_say(h, &(struct said){.at_s = every_s * i,
                                      .request = "GET /a\n",
                                      .response = "404\n",
                                      .body = "N",
                                      .octets = 300});
}

Test(accusations, what_is_presumed_stands_at_the_end)
{
    struct hearing h;
    begin(&h, 36000);
    say_missing(&h, 5, 100);
    cr_expect(eq(u32, h.n_heard, 0), "an excuse may still come");
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 4));
    cr_expect(eq(int, hearing_find(&h, "negative-refetch", 2)->confidence, CONFIDENCE_LIKELY));
    cr_expect(eq(int, hearing_find(&h, "negative-refetch", 5)->confidence, CONFIDENCE_POSSIBLE),
              "nobody listened long enough");
    hearing_free(&h);
}

Test(accusations, an_excuse_withdraws_what_is_presumed)
{
    struct hearing h;
    begin(&h, 36000);
    say_missing(&h, 5, 100);
    hearing_say(&h, &(struct said){.at_s = 500, .request = "GET /a\n", .response = WITH_VARY});
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 0));
    cr_expect(strstr(h.checks, "negative-refetch passed 5") != NULL, "%s", h.checks);
    hearing_free(&h);
}

Test(accusations, too_many_that_are_presumed_are_only_possible)
{
    struct hearing h;
    begin(&h, 36000);
    say_missing(&h, LIMIT_WAITING_FOR_COUNT + 4, 100);
    cr_expect(eq(u32, h.n_heard, 3));
    for (unsigned i = 0; i < h.n_heard; i++)
        cr_expect(eq(int, h.heard[i].confidence, CONFIDENCE_POSSIBLE));
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, LIMIT_WAITING_FOR_COUNT + 3));
    hearing_free(&h);
}

/* Each cut transfer is a receipt: the cap closes what waits at the oldest. */
Test(accusations, a_receipt_that_is_forgotten_leaves_what_is_presumed)
{
    struct hearing h;
    struct analysis_options options = analysis_options_default();
    options.window_ns = 36000 * NS;
    options.memory = 1; /* the least caps there are */
    hearing_begin(&h, &options);
    say_missing(&h, 3, 100);
    for (unsigned i = 0; i < 80; i++) {
        char request[32];
        snprintf(request, sizeof request, "GET /other/%u\n", i);
        hearing_say(&h, &(struct said){.at_s = 400 + i, .request = request, .response = "404\n"});
    }
    cr_expect(hearing_find(&h, "negative-refetch", 3) != NULL);
    hearing_end(&h);
    hearing_free(&h);
}

/* SPDX-License-Identifier: MIT */
/* The front door: what is told of an exchange, what is counted, and that runs are alike. */

#include "analysis/analysis.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define NO_CACHE "200\nETag: \"a\"\nCache-Control: no-cache\n"
#define ASK      "GET /a\nIf-None-Match: \"a\"\n"

Test(analysis, says_what_became_of_an_exchange)
{
    static const struct {
        struct said said;
        enum outcome want;
    } steps[] = {
        {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, OUTCOME_FIRST},
        {{.request = ASK, .response = "304\nETag: \"a\"\n"}, OUTCOME_NOT_MODIFIED},
        {{.request = ASK, .response = NO_CACHE, .body = "A"}, OUTCOME_REFRESHED_SAME},
        {{.request = ASK, .response = "200\nETag: \"b\"\n", .body = "B"},
         OUTCOME_REFRESHED_CHANGED},
        {{.request = "GET /a\n", .response = "200\nETag: \"b\"\n", .body = "B"},
         OUTCOME_REFETCHED_SAME},
        {{.request = "GET /a\n", .response = "200\nETag: \"c\"\n", .body = "C"},
         OUTCOME_REFETCHED_CHANGED},
        {{.request = "GET /a\n", .client = 2, .response = "200\nETag: \"c\"\n", .body = "C"},
         OUTCOME_FIRST},
        {{.request = "GET /b\n", .response = NO_CACHE, .body = "A"}, OUTCOME_FIRST},
        {{.request = "HEAD /a\n", .response = NO_CACHE}, OUTCOME_OTHER},
        {{.request = "POST /a\n", .response = "200\n"}, OUTCOME_OTHER},
        {{.request = "GET /a\n", .flaws = FLAW(RESPONSE_MISSING)}, OUTCOME_OTHER},
        {{.response = NO_CACHE, .flaws = FLAW(REQUEST_MISSING)}, OUTCOME_OTHER},
        {{.request = "GET /a\n", .response = "404\n"}, OUTCOME_OTHER},
    };
    struct hearing h;
    hearing_begin(&h, NULL);
    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        struct said said = steps[i].said;
        said.at_s = 10 * i;
        hearing_say(&h, &said);
        cr_expect(eq(int, h.outcomes[i], steps[i].want), "step %u: %s", i + 1,
                  outcome_word(h.outcomes[i]));
    }
    hearing_end(&h);
    hearing_free(&h);
}

static bool only_unsolicited(void *context, const struct rule_card *rule)
{
    (void)context;
    return strcmp(rule->id, "304-unsolicited") == 0;
}

Test(analysis, asks_only_the_rules_that_are_enabled)
{
    struct analysis_options options = analysis_options_default();
    options.rule_enabled = only_unsolicited;
    struct hearing h;
    hearing_begin(&h, &options);
    hearing_say(&h, &(struct said){.request = "GET /a\n",
                                   .response = "304\nContent-Type: a/b\n",
                                   .stray = STRAY_OTHER});
    hearing_end(&h);
    cr_expect(eq(u32, h.n_heard, 1));
    cr_expect(eq(str, h.checks, "304-unsolicited fired 1\n"));
    hearing_free(&h);
}

Test(analysis, counts_what_each_rule_examined_and_what_withheld_it)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &(struct said){.request = ASK, .response = "304\nETag: \"a\"\n"});
    hearing_say(&h, &(struct said){.request = ASK,
                                   .response = "304\nETag: \"a\"\n",
                                   .flaws = FLAW(PAIRING_UNSURE)});
    hearing_say(&h, &(struct said){.request = "GET /a\n", .response = "304\n"});
    hearing_end(&h);
    cr_expect(strstr(h.checks, "304-unsolicited passed 1\n304-unsolicited fired 1\n"
                               "304-unsolicited withheld G2 1\n") != NULL,
              "%s", h.checks);
    cr_expect(strstr(h.checks, "304-missing-vary withheld no-reference 1\n") != NULL, "%s",
              h.checks);
    cr_expect(strstr(h.checks, "304-missing-vary withheld 3.7 1\n") != NULL, "%s", h.checks);
    cr_expect(strstr(h.checks, "unstable-etag") == NULL, "what examined nothing is not there");
    hearing_free(&h);
}

Test(analysis, blames_no_client_where_nobody_can_be_told_apart)
{
    static const enum client_key keys[] = {CLIENT_NONE, CLIENT_IP};
    for (unsigned i = 0; i < COUNT_OF(keys); i++) {
        struct analysis_options options = analysis_options_default();
        options.client_key = keys[i];
        struct hearing h;
        hearing_begin(&h, &options);
        for (unsigned k = 0; k < 2; k++)
            hearing_say(
                &h, &(struct said){
                        .at_s = 60 * k, .request = "GET /a\n", .response = NO_CACHE, .body = "A"});
        hearing_say(&h,
                    &(struct said){.at_s = 200, .request = ASK, .response = NO_CACHE, .body = "A"});
        hearing_end(&h);
        cr_expect(
            eq(int, hearing_find(&h, "unconditional-refetch", 0) != NULL, keys[i] == CLIENT_IP));
        cr_expect(hearing_find(&h, "inm-match-got-200", 3) != NULL, "server-side rules stay on");
        hearing_free(&h);
    }
}

/* A shared cache is one client once its own condition has shown that it is a cache (A1). */
Test(analysis, takes_an_intermediary_for_one_cache_where_it_has_shown_to_be_one)
{
#define VIA "Via: 1.1 p\n"
    static const struct said said[] = {
        {.request = "GET /a\n" VIA,
         .response = "200\nETag: \"a\"\nCache-Control: public, max-age=600\n",
         .body = "A"},
        {.at_s = 5,
         .request = "GET /a\n" VIA,
         .response = "200\nETag: \"a\"\nCache-Control: public, max-age=600\n",
         .body = "A"},
        {.at_s = 900,
         .request = ASK VIA,
         .response = "304\nETag: \"a\"\nCache-Control: public, max-age=600\n"},
        {.at_s = 950,
         .request = "GET /a\n" VIA,
         .response = "200\nETag: \"a\"\nCache-Control: public, max-age=600\n",
         .body = "A"},
    };
    struct hearing h;
    hearing_begin(&h, NULL);
    for (unsigned i = 0; i < COUNT_OF(said); i++)
        hearing_say(&h, &said[i]);
    hearing_end(&h);
    cr_expect(hearing_find(&h, "refetch-while-fresh", 2) == NULL);
    const struct heard *f = hearing_find(&h, "refetch-while-fresh", 4);
    cr_assert(f != NULL);
    cr_expect(eq(str, (char *)(uintptr_t)f->party, "intermediary"));
    hearing_free(&h);
}

static char *run_of_many(void)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    uint64_t random = 7;
    char *all = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&all, &size);
    for (unsigned i = 0; i < 3000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned url = random >> 33 & 15, kind = random >> 40 & 7, tag = random >> 50 & 1;
        char request[96], response[128];
        snprintf(request, sizeof request,
                 kind < 4 ? "GET /%u\n" : "GET /%u\nIf-None-Match: \"%u\"\n", url, tag);
        snprintf(response, sizeof response,
                 kind & 1 ? "304\nETag: \"%u\"\n" : "200\nETag: \"%u\"\nCache-Control: %s\n", tag,
                 random >> 60 & 1 ? "max-age=5" : "no-store");
        hearing_say(&h, &(struct said){.at_s = i * 0.7,
                                       .client = (uint8_t)(1 + (random >> 20 & 3)),
                                       .request = request,
                                       .response = response,
                                       .body = kind & 1           ? NULL
                                               : random >> 61 & 1 ? "A"
                                                                  : "B"});
    }
    hearing_end(&h);
    for (unsigned i = 0; i < h.n_heard; i++)
        fprintf(to, "%s/%s %lu %lu %lu %lu %s\n", h.heard[i].rule->id, h.heard[i].variant,
                h.heard[i].exchange, h.heard[i].reference, h.heard[i].avoidable,
                h.heard[i].opportunity, h.heard[i].message);
    fprintf(to, "%s", h.checks);
    fclose(to);
    hearing_free(&h);
    return all;
}

/* The hash seed is this process's, so two runs in one only show that nothing is left over; the laws
 * of the database are asserted over processes. */
Test(analysis, says_the_same_of_the_same)
{
    char *one = run_of_many(), *two = run_of_many();
    cr_expect(strlen(one) > 10000);
    cr_expect(strcmp(one, two) == 0);
    free(one);
    free(two);
}

Test(analysis, survives_an_end_without_finish)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &(struct said){.request = ASK, .response = "304\n"});
    hearing_free(&h);
}

/* SPDX-License-Identifier: MIT */
/* The modelled caches: what is shared, what is held as of when, what a 304 renews, what is
 * forgotten. */

#include "analysis/store.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/spoken.h"

#define NS    INT64_C(1000000000)
#define AT(s) (SPOKEN_NS + (s)*NS)
#define TAG_A "200\nDate: " SPOKEN_DATE "\nETag: \"a\"\nCache-Control: max-age=60\n"
#define GET   "GET /a\nHost: h\n"

static struct store *store;
static struct arena scratch;
static unsigned resources_forgotten, tallies_forgotten;

static void on_resource(void *context, struct resource *resource)
{
    (void)context;
    resources_forgotten++;
    resource->waiting_first = resource->waiting_last = NULL;
    resource->changing.tally = (struct tally){0};
}

static void on_tally(void *context, struct tally *tally)
{
    (void)context;
    tallies_forgotten++;
    *tally = (struct tally){0};
}

static void begin(uint32_t scale)
{
    store = store_new(&(struct store_hooks){NULL, on_resource, on_tally}, scale);
    arena_init(&scratch, 4096);
}

static void end(void)
{
    store_free(store);
    arena_fini(&scratch);
}

static struct resource *resource_of(const char *path)
{
    struct url url = url_make(false, SLICE("h"), slice_of_text(path), METHOD_GET, &scratch);
    return store_resource(store, &url);
}

/* An exchange that was sent at `from` and answered at `until`. */
static struct facts between(const char *request, const char *response, int64_t from, int64_t until)
{
    struct facts f = facts_spoken(request, response);
    struct exchange *x = (struct exchange *)(uintptr_t)f.x;
    x->request.first.time_ns = x->request.last.time_ns = from;
    x->response.first.time_ns = x->response.last.time_ns = until;
    facts_read(&f, x, &x->arena, NULL);
    return f;
}

static struct representation *show(struct resource *r, const struct facts *f, uint64_t id)
{
    struct request_key key = request_key_of(store, f, &scratch);
    return store_show(store, r, f, &key, id, YES, &scratch);
}

static struct holding *hold(uint64_t client, struct resource *r, const struct facts *f, uint64_t id)
{
    struct request_key key = request_key_of(store, f, &scratch);
    struct holding *old = store_holding(store, client, r, f, &key, &scratch, NULL);
    return store_hold(store, client, r, show(r, f, id), old, f, id);
}

static struct holding *held(uint64_t client, struct resource *r, const char *request)
{
    struct facts f = facts_spoken(request, NULL);
    struct request_key key = request_key_of(store, &f, &scratch);
    struct holding *h = store_holding(store, client, r, &f, &key, &scratch, NULL);
    spoken_free(&f);
    return h;
}

Test(store, equal_responses_share_a_representation)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts a = between(GET, TAG_A, AT(0), AT(1)), b = between(GET, TAG_A, AT(10), AT(11));
    struct representation *first = show(r, &a, 1);
    cr_expect(show(r, &b, 2) == first);
    cr_expect(eq(u64, first->first.exchange_id, 1));
    cr_expect(eq(u64, representation_latest(first)->exchange_id, 2));
    cr_expect(eq(u32, r->n_representations, 1));
    spoken_free(&a);
    spoken_free(&b);
    cr_expect(first->etag.valid, "it lives longer than the exchange that showed it");
    end();
}

Test(store, what_differs_in_a_telling_field_is_another)
{
    static const struct {
        const char *request, *response;
    } others[] = {
        {GET, "200\nETag: \"b\"\nCache-Control: max-age=60\nDate: " SPOKEN_DATE "\n"},
        {GET, "200\nDate: " SPOKEN_DATE "\nETag: \"a\"\nCache-Control: max-age=61\n"},
        {GET, "200\nETag: \"a\"\nCache-Control: max-age=60\n"},
        {GET, TAG_A "Vary: Accept\n"},
        {GET, TAG_A "Age: 1\n"},
        {GET "Cookie: x\n", TAG_A},
        {GET "Accept-Encoding: gzip\n", TAG_A},
    };
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts a = between(GET, TAG_A, AT(0), AT(1));
    struct representation *first = show(r, &a, 1);
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct facts b = between(others[i].request, others[i].response, AT(10), AT(11));
        cr_expect(show(r, &b, 2) != first, "%u", i);
        spoken_free(&b);
    }
    spoken_free(&a);
    end();
}

Test(store, a_sighting_counts_only_if_it_had_arrived)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct representation *one = NULL;
    for (int64_t i = 0; i < 6; i++) {
        struct facts f = between(GET, TAG_A, AT(10 * i), AT(10 * i + 2));
        one = show(r, &f, (uint64_t)i + 1);
        spoken_free(&f);
    }
    cr_expect(eq(u64, sighting_before(one, AT(1)).exchange_id, 0));
    cr_expect(eq(u64, sighting_before(one, AT(2)).exchange_id, 1));
    cr_expect(eq(u64, sighting_before(one, AT(51)).exchange_id, 5));
    cr_expect(eq(u64, sighting_before(one, AT(99)).exchange_id, 6));
    cr_expect(eq(u64, sighting_begun_before(one, AT(52)).exchange_id, 5));
    cr_expect(eq(u64, sighting_after(one, AT(41)).exchange_id, 6));
    cr_expect(eq(u64, sighting_after(one, AT(51)).exchange_id, 0));
    end();
}

Test(store, each_client_holds_its_own)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts a = between(GET, TAG_A, AT(0), AT(1)), b = between(GET, TAG_A, AT(10), AT(11));
    struct holding *one = hold(7, r, &a, 1), *two = hold(8, r, &b, 2);
    cr_expect(one != two);
    cr_expect(one->representation == two->representation);
    cr_expect(eq(u64, two->exchange_id, 2));
    cr_expect(held(7, r, GET) == one);
    cr_expect(held(9, r, GET) == NULL);
    cr_expect(held(7, resource_of("/b"), GET) == NULL);
    cr_expect(eq(u32, hold(7, r, &b, 3)->run, 2), "the same octets once more");
    cr_expect(eq(u64, one->exchange_id, 1), "which it has since");
    spoken_free(&a);
    spoken_free(&b);
    end();
}

Test(store, vary_tells_variants_apart)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts en =
        between(GET "Accept-Language: en\n", TAG_A "Vary: Accept-Language\n", AT(0), AT(1));
    struct holding *english = hold(7, r, &en, 1);
    cr_expect(held(7, r, GET "Accept-Language: en\n") == english);
    cr_expect(held(7, r, GET "Accept-Language: de\n") == NULL);
    struct facts de =
        between(GET "Accept-Language: de\n", TAG_A "Vary: Accept-Language\n", AT(5), AT(6));
    struct holding *german = hold(7, r, &de, 2);
    cr_expect(german != english);
    cr_expect(held(7, r, GET "Accept-Language: en\n") == english);
    spoken_free(&en);
    spoken_free(&de);
    end();
}

Test(store, a_client_holds_few_variants_of_one_url)
{
    begin(256);
    struct resource *r = resource_of("/a");
    for (unsigned i = 0; i < 20; i++) {
        char request[64];
        snprintf(request, sizeof request, GET "Cookie: %u\n", i);
        struct facts f = between(request, TAG_A "Vary: Cookie\n", AT(i), AT(i + 1));
        hold(7, r, &f, i + 1);
        spoken_free(&f);
    }
    unsigned n = 0;
    for (unsigned i = 0; i < 20; i++) {
        char request[64];
        snprintf(request, sizeof request, GET "Cookie: %u\n", i);
        n += held(7, r, request) != NULL;
    }
    cr_expect(eq(u32, n, LIMIT_HOLDINGS_OF_ONE));
    cr_expect(held(7, r, GET "Cookie: 19\n") != NULL, "the latest stay");
    end();
}

/* rules.md 3.3: which stored response a 304 renews, strictly and leniently. */
Test(store, a_304_renews_what_it_identifies)
{
#define LM   "Last-Modified: Mon, 01 May 2023 10:00:00 GMT\n"
#define DATE "Date: Tue, 14 Nov 2023 22:15:00 GMT\n"
    static const struct {
        const char *title, *stored, *request, *validation;
        bool strictly, leniently;
    } cases[] = {
        {"equal strong tags", "ETag: \"a\"\n", "If-None-Match: \"a\"\n", "ETag: \"a\"\n", true,
         true},
        {"a strong tag against a weak one", "ETag: W/\"a\"\n", "If-None-Match: W/\"a\"\n",
         "ETag: \"a\"\n", false, true},
        {"equal weak tags", "ETag: W/\"a\"\n", "If-None-Match: W/\"a\"\n", "ETag: W/\"a\"\n", true,
         true},
        {"a strong date rescues it", "ETag: W/\"a\"\n" LM, "If-None-Match: W/\"a\"\n",
         "ETag: \"a\"\n" LM, true, true},
        {"no validator in the 304", "ETag: \"a\"\n", "If-None-Match: \"a\"\n", "", false, true},
        {"no validator anywhere", "", "If-Modified-Since: " SPOKEN_DATE "\n", "", true, false},
        {"another tag", "ETag: \"a\"\n", "If-None-Match: \"a\"\n", "ETag: \"b\"\n", false, true},
        {"asked with something else", "ETag: \"a\"\n", "If-None-Match: \"b\"\n", "ETag: \"b\"\n",
         false, false},
        {"by date", LM, "If-Modified-Since: Mon, 01 May 2023 10:00:00 GMT\n", LM, true, true},
    };
    begin(256);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[16], stored[256], request[256], validation[256];
        snprintf(path, sizeof path, "/%u", i);
        snprintf(stored, sizeof stored, "200\nDate: " SPOKEN_DATE "\n%s", cases[i].stored);
        snprintf(request, sizeof request, GET "%s", cases[i].request);
        snprintf(validation, sizeof validation, "304\n" DATE "%s", cases[i].validation);
        struct facts a = between(GET, stored, AT(0), AT(1));
        struct facts b = between(request, validation, AT(99), AT(100));
        struct holding *h = hold(7, resource_of(path), &a, 1);
        holding_freshen(h, &b);
        cr_expect(eq(int, holding_clock(h, true)->t_rsp0 == AT(100), cases[i].strictly), "%s",
                  cases[i].title);
        cr_expect(eq(int, holding_clock(h, false)->t_rsp0 == AT(100), cases[i].leniently), "%s",
                  cases[i].title);
        cr_expect(eq(i64, h->contact_ns, AT(100)));
        spoken_free(&a);
        spoken_free(&b);
    }
    end();
}

Test(store, a_304_replaces_the_fields_that_it_carries)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts a = between(GET, TAG_A, AT(0), AT(1));
    struct facts b = between(GET "If-None-Match: \"a\"\n",
                             "304\nETag: \"a\"\nCache-Control: max-age=900\n", AT(99), AT(100));
    struct facts c = between(GET "If-None-Match: \"a\"\n", "304\nETag: \"a\"\n", AT(199), AT(200));
    struct holding *h = hold(7, r, &a, 1);
    holding_freshen(h, &b);
    struct freshness f = holding_freshness(h, true);
    cr_expect(eq(i64, freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds, 900));
    holding_freshen(h, &c);
    f = holding_freshness(h, true);
    cr_expect(eq(i64, freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds, 900), "kept");
    cr_expect(eq(i64, f.t_rsp0, AT(200)));
    struct facts d = between(GET, TAG_A, AT(300), AT(301));
    h = hold(7, r, &d, 2);
    f = holding_freshness(h, true);
    cr_expect(eq(i64, freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds, 60),
              "a 200 replaces all");
    spoken_free(&a);
    spoken_free(&b);
    spoken_free(&c);
    spoken_free(&d);
    end();
}

Test(store, clearing_a_site_forgets_what_came_before)
{
    begin(256);
    struct resource *r = resource_of("/a");
    struct facts a = between(GET, TAG_A, AT(0), AT(1)), b = between(GET, TAG_A, AT(20), AT(21));
    hold(7, r, &a, 1);
    store_clear_site(store, 7, SLICE("http://h"), AT(10));
    cr_expect(held(7, r, GET) == NULL);
    hold(8, r, &a, 2);
    cr_expect(held(8, r, GET) != NULL, "another client's");
    hold(7, r, &b, 3);
    cr_expect(held(7, r, GET) != NULL, "what came after");
    spoken_free(&a);
    spoken_free(&b);
    end();
}

/* A store of a sixteenth of its size. */
Test(store, forgets_the_oldest_and_says_so_when_it_comes_back)
{
    begin(16);
    struct facts a = between(GET, TAG_A, AT(0), AT(1));
    unsigned mistaken = 0;
    for (unsigned i = 0; i < 2 * LIMIT_RESOURCES / 16; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%u", i);
        struct resource *r = resource_of(path);
        mistaken += r->came_back;
        hold(7, r, &a, i + 1);
        if (i == 5)
            r->waiting_first = (void *)1; /* somebody waits: the hook must hear of it */
        store_trim(store);
        arena_reset(&scratch);
    }
    cr_expect(store_counts(store).resources_evicted > 0);
    cr_expect(eq(u32, resources_forgotten, 1));
    cr_expect(mistaken < 8, "%u", mistaken);
    cr_expect(resource_of("/5")->came_back);
    cr_expect(not(resource_of("/new")->came_back));
    spoken_free(&a);
    end();
}

Test(store, tells_who_has_a_cache)
{
    begin(256);
    cr_expect(not(store_client_has_cache(store, 7)));
    store_prove_cache(store, 7, false);
    store_prove_cache(store, 7, false);
    cr_expect(store_client_has_cache(store, 7));
    cr_expect(not(store_client_has_cache(store, 8)));
    end();
}

/* SPDX-License-Identifier: MIT */
/* stack_distance: the same as simulating an LRU cache of each capacity, and near it where sampled.
 */
#include "analysis/stack_distance.h"

#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "base/hash.h"

#define OBJECTS 300
#define LEAST   64 /* octets: small caches for small tests */

/* What the cache would be: a list, the latest first, cut where it is longer than the capacity. */
struct lru {
    uint64_t capacity, hits, weight;
    uint32_t objects[OBJECTS], n;
};

static uint64_t size_of(uint32_t object)
{
    return 1 + hash64_stable(slice_of(&object, sizeof object)) % 97;
}

static void lru_touch(struct lru *lru, uint32_t object, uint64_t weight)
{
    uint32_t at = 0;
    while (at < lru->n && lru->objects[at] != object)
        at++;
    if (at < lru->n) {
        lru->hits++;
        lru->weight += weight;
    } else {
        lru->n++;
    }
    memmove(lru->objects + 1, lru->objects, at * sizeof lru->objects[0]);
    lru->objects[0] = object;
    uint64_t octets = 0;
    for (uint32_t i = 0; i < lru->n; i++) {
        octets += size_of(lru->objects[i]);
        if (octets > lru->capacity)
            lru->n = i;
    }
}

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static uint64_t place_of(uint32_t object)
{
    uint64_t seeded = object * UINT64_C(0x9e3779b97f4a7c15);
    return hash64_stable(slice_of(&seeded, sizeof seeded));
}

/* Popular ones more often: the square of an even distribution. */
static uint32_t next_object(uint32_t objects)
{
    double even = (double)(next_random() % 1000000) / 1e6;
    return (uint32_t)(even * even * objects);
}

Test(stack_distance, is_what_caches_of_each_capacity_would_have_served)
{
    for (unsigned round = 0; round < 6; round++) {
        struct stack_distance *s = stack_distance_new(OBJECTS, LEAST);
        struct lru caches[STACK_CAPACITIES + 1] = {0};
        random_state = round;
        for (unsigned i = 0; i <= STACK_CAPACITIES; i++)
            caches[i].capacity = i < STACK_CAPACITIES ? (uint64_t)LEAST << i : UINT64_MAX;
        for (unsigned n = 0; n < 4000; n++) { /* the line moves up several times */
            uint32_t object = next_object(OBJECTS);
            uint64_t weight = next_random() % 50;
            stack_distance_touch(s, place_of(object), object + 1, size_of(object), weight);
            for (unsigned i = 0; i <= STACK_CAPACITIES; i++)
                lru_touch(&caches[i], object, weight);
        }
        cr_expect_eq(stack_distance_sampled_ppm(s), 1000000u);
        for (unsigned i = 0; i <= STACK_CAPACITIES; i++) {
            struct stack_point point = stack_distance_point(s, i);
            cr_expect_eq(point.capacity, caches[i].capacity);
            cr_expect_eq(point.hits, caches[i].hits, "round %u, capacity %u: %lu hits, not %lu",
                         round, i, point.hits, caches[i].hits);
            cr_expect_eq(point.weight, caches[i].weight, "round %u, capacity %u", round, i);
        }
        cr_expect_gt(stack_distance_point(s, 8).hits, stack_distance_point(s, 2).hits);
        stack_distance_free(s);
    }
}

Test(stack_distance, a_sample_comes_near)
{
    enum { MANY = 40000, ACCESSES = 600000 };
    struct stack_distance *whole = stack_distance_new(MANY, 1024);
    struct stack_distance *sample = stack_distance_new(MANY / 8, 1024);
    random_state = 1;
    for (unsigned n = 0; n < ACCESSES; n++) {
        uint32_t object = next_object(MANY);
        uint64_t size = size_of(object);
        stack_distance_touch(whole, place_of(object), object + 1, size, size);
        stack_distance_touch(sample, place_of(object), object + 1, size, size);
    }
    cr_expect_eq(stack_distance_sampled_ppm(whole), 1000000u);
    cr_expect_leq(stack_distance_sampled_ppm(sample), 250000u);
    double all = (double)stack_distance_point(whole, STACK_CAPACITIES).weight;
    for (unsigned i = 0; i <= STACK_CAPACITIES; i++) {
        struct stack_point exact = stack_distance_point(whole, i);
        struct stack_point near = stack_distance_point(sample, i);
        double off = fabs((double)near.weight - (double)exact.weight) / all;
        cr_expect_lt(off, 0.03, "capacity %u: %.4f", i, off);
        cr_expect(i == 0 || near.weight >= stack_distance_point(sample, i - 1).weight);
    }
    stack_distance_free(whole);
    stack_distance_free(sample);
}

Test(stack_distance, places_that_somebody_chose_are_bounded_too)
{
    struct stack_distance *s = stack_distance_new(100, LEAST);
    for (uint32_t n = 0; n < 5000; n++) /* every place is in every sample */
        stack_distance_touch(s, 0, n % 1000 + 1, 10, 10);
    struct stack_point all = stack_distance_point(s, STACK_CAPACITIES);
    cr_expect_leq(all.hits, 5000u);
    stack_distance_free(s);
}

Test(stack_distance, sizes_and_weights_beyond_measure_do_not_overflow)
{
    struct stack_distance *s = stack_distance_new(4, LEAST);
    for (uint32_t n = 0; n < 100; n++)
        stack_distance_touch(s, 0, n % 7 + 1, UINT64_MAX, UINT64_MAX / 2);
    for (unsigned i = 0; i <= STACK_CAPACITIES; i++)
        cr_expect_leq(stack_distance_point(s, i).hits, 100u);
    stack_distance_free(s);
}

Test(stack_distance, to_expect_objects_changes_nothing)
{
    struct stack_distance *told = stack_distance_new(100, LEAST);
    struct stack_distance *untold = stack_distance_new(100, LEAST);
    random_state = 3;
    for (uint32_t n = 0; n < 5000; n++) {
        uint32_t object = next_object(300);
        for (unsigned ahead = 0; ahead < 3; ahead++) /* one that comes, or is new, or was let go */
            stack_distance_expect(told, object + 1 + ahead, ahead);
        stack_distance_touch(told, place_of(object), object + 1, size_of(object), 1);
        stack_distance_touch(untold, place_of(object), object + 1, size_of(object), 1);
    }
    for (unsigned i = 0; i <= STACK_CAPACITIES; i++)
        cr_expect_eq(stack_distance_point(told, i).hits, stack_distance_point(untold, i).hits);
    stack_distance_free(told);
    stack_distance_free(untold);
}

Test(stack_distance, nothing_gives_nothing)
{
    struct stack_distance *s = stack_distance_new(4, LEAST);
    cr_expect_eq(stack_distance_point(s, STACK_CAPACITIES).hits, 0u);
    cr_expect_eq(stack_distance_point(s, 0).capacity, (uint64_t)LEAST);
    stack_distance_free(s);
    stack_distance_free(NULL);
}

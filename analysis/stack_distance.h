/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What LRU caches of every capacity would have served, from one pass: an access is a hit in a cache
 * of C octets exactly if the objects that were touched since the last access to the same one, this
 * one included, have at most C octets together (Mattson et al. 1970: the stack distance).
 *
 * Bounded: beyond LIMIT_STACK_OBJECTS only a sample is followed, chosen by a hash (SHARDS,
 * Waldspurger et al. 2015): all accesses to a place or none, so that distances keep their
 * proportions. While fewer objects are met, nothing is sampled and the curve is exact.
 */

#include <stdint.h>

struct stack_distance;

/* `most`: objects that are followed. `least`: the smallest capacity, in octets; the others are its
 * doubles. About 84 octets for each object that may be followed. */
struct stack_distance *stack_distance_new(uint32_t most, uint64_t least);
void stack_distance_free(struct stack_distance *stack); /* accepts NULL */

/* One access to `object` (a hash, not 0) of so many octets. `place`: a hash of which the sample is
 * drawn, the same for the same object in every run. `weight`: octets that a hit saves. */
void stack_distance_touch(struct stack_distance *stack, uint64_t place, uint64_t object,
                          uint64_t octets, uint64_t weight);

/* That object is going to be touched after about so many other touches: brings nearer what that
 * will look at. In three steps: told at 2, at 1 and at 0. Changes nothing. */
void stack_distance_expect(const struct stack_distance *stack, uint64_t object, unsigned ahead);

#define STACK_CAPACITIES 21 /* least * 2^0 ... least * 2^20, and after them without limit */

struct stack_point {
    uint64_t capacity; /* octets; UINT64_MAX: no limit */
    uint64_t hits;     /* accesses that it would have served */
    uint64_t weight;   /* and the sum of their weights */
};
/* `index` up to STACK_CAPACITIES. Estimates where only a sample was followed; they never fall from
 * one capacity to the next. */
struct stack_point stack_distance_point(const struct stack_distance *stack, unsigned index);

/* Of a million places, so many were followed at the end. */
uint32_t stack_distance_sampled_ppm(const struct stack_distance *stack);

/* SPDX-License-Identifier: MIT */
/*
 * Every access is given the next position on a line; an object stands at its latest one. A Fenwick
 * tree (Fenwick 1994) over blocks of positions has the octets that stand there, so that the
 * distance of an access is a difference of prefix sums. Of the blocks, for a tree of the positions
 * would not fit into the first cache. When the line is full, the objects move up to its beginning,
 * in order.
 *
 * The sample holds the places whose hash begins with `shift` zero bits. When more objects are met
 * than may be followed, shift grows by one and about half of them are let go; distances, and what
 * each access stands for, are then scaled by 2^shift. Where that frees nothing (hashes that
 * somebody chose), the object that was touched least recently is let go.
 */

#include "analysis/stack_distance.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

#define NOBODY          UINT32_MAX
#define LINE_PER_OBJECT 4  /* positions: moving up is paid for by three accesses per object */
#define BLOCK           32 /* positions: their octets are summed up one by one */
#define LARGEST_SHIFT   19 /* one place in a million */
#define LARGEST_OBJECT  (UINT64_C(1) << 36) /* octets: sums stay far from overflow */

struct followed {
    uint64_t object, place;
    uint64_t octets;
    uint32_t position;
    uint32_t next; /* in its bucket, or in the free list */
};

struct stack_distance {
    uint32_t most, count, shift;
    uint64_t least;

    struct followed *followed;
    uint32_t *buckets, mask;
    uint32_t free;  /* first free one; NOBODY */
    uint32_t fresh; /* from here on none was ever used */

    uint32_t *line;   /* who stands at a position, plus one; 0: nobody */
    uint64_t *weight; /* octets that stand at a position */
    uint64_t *tree;   /* 1 ... blocks; tree[i]: octets of the blocks (i - lowbit(i), i] */
    uint32_t length, blocks;
    uint32_t end, oldest; /* next position; none stands before `oldest` */
    uint64_t octets;      /* of all that stand */

    /* all accesses, those that the sample stands for, and hits by the capacity that they take */
    uint64_t seen, seen_weight, sampled, sampled_weight;
    uint64_t hits[STACK_CAPACITIES + 1], weights[STACK_CAPACITIES + 1];
};

struct stack_distance *stack_distance_new(uint32_t most, uint64_t least)
{
    struct stack_distance *s = xcalloc(1, sizeof *s);
    assert(most > 0 && most <= 1u << 24 && least > 0);
    s->most = most;
    s->least = least;
    s->free = NOBODY;
    s->followed = xcalloc(most, sizeof *s->followed);
    for (s->mask = 1; s->mask < 2 * most;)
        s->mask *= 2;
    s->buckets = xcalloc(s->mask--, sizeof *s->buckets); /* index plus one; 0: empty */
    s->length = most * LINE_PER_OBJECT;
    s->blocks = s->length / BLOCK + 1;
    s->line = xcalloc(s->length, sizeof *s->line);
    s->weight = xcalloc(s->length, sizeof *s->weight);
    s->tree = xcalloc(s->blocks + 1u, sizeof *s->tree);
    return s;
}

void stack_distance_free(struct stack_distance *s)
{
    if (!s)
        return;
    free(s->followed);
    free(s->buckets);
    free(s->line);
    free(s->weight);
    free(s->tree);
    free(s);
}

/* ---- the line ---- */

static void tree_add(struct stack_distance *s, uint32_t position, uint64_t octets)
{
    for (uint32_t i = position / BLOCK + 1; i <= s->blocks; i += i & -i)
        s->tree[i] += octets; /* modulo 2^64: also to take away */
}

/* Octets at the positions before this one. */
static uint64_t octets_before(const struct stack_distance *s, uint32_t position)
{
    uint64_t sum = 0;
    for (uint32_t i = position / BLOCK; i > 0; i -= i & -i)
        sum += s->tree[i];
    for (uint32_t at = position / BLOCK * BLOCK; at < position; at++)
        sum += s->weight[at];
    return sum;
}

static void stand(struct stack_distance *s, uint32_t index)
{
    struct followed *f = &s->followed[index];
    f->position = s->end++;
    s->line[f->position] = index + 1;
    s->weight[f->position] = f->octets;
    tree_add(s, f->position, f->octets);
    s->octets += f->octets;
}

static void leave(struct stack_distance *s, const struct followed *f)
{
    s->line[f->position] = 0;
    s->weight[f->position] = 0;
    tree_add(s, f->position, -f->octets);
    s->octets -= f->octets;
}

/* All move up, and the tree is built anew. */
static void move_up(struct stack_distance *s)
{
    uint32_t to = 0;
    memset(s->tree, 0, (s->blocks + 1u) * sizeof *s->tree);
    for (uint32_t from = 0; from < s->end; from++) {
        uint32_t who = s->line[from];
        s->line[from] = 0;
        s->weight[from] = 0;
        if (who == 0)
            continue;
        struct followed *f = &s->followed[who - 1];
        s->line[to] = who;
        s->weight[to] = f->octets;
        tree_add(s, to, f->octets);
        f->position = to++;
    }
    s->end = to;
    s->oldest = 0;
}

/* ---- the table ---- */

static uint32_t *bucket_of(const struct stack_distance *s, uint64_t object)
{
    return &s->buckets[hash_mix(object, 0) & s->mask];
}

static uint32_t find(struct stack_distance *s, uint64_t object)
{
    for (uint32_t at = *bucket_of(s, object); at; at = s->followed[at - 1].next)
        if (s->followed[at - 1].object == object)
            return at - 1;
    return NOBODY;
}

static void let_go(struct stack_distance *s, uint32_t index)
{
    struct followed *f = &s->followed[index];
    uint32_t *at = bucket_of(s, f->object);
    while (*at != index + 1)
        at = &s->followed[*at - 1].next;
    *at = f->next;
    leave(s, f);
    f->object = 0;
    f->next = s->free;
    s->free = index;
    s->count--;
}

static bool is_sampled(const struct stack_distance *s, uint64_t place)
{
    return s->shift == 0 || place >> (64 - s->shift) == 0;
}

static void let_oldest_go(struct stack_distance *s)
{
    while (s->line[s->oldest] == 0)
        s->oldest++;
    let_go(s, s->line[s->oldest] - 1);
}

/* There are too many: half of the places are followed no longer. */
static void thin(struct stack_distance *s)
{
    if (s->shift < LARGEST_SHIFT) {
        s->shift++;
        for (uint32_t i = 0; i < s->fresh; i++)
            if (s->followed[i].object && !is_sampled(s, s->followed[i].place))
                let_go(s, i);
    }
    if (s->count == s->most)
        let_oldest_go(s);
}

static uint32_t follow(struct stack_distance *s, uint64_t place, uint64_t object, uint64_t octets)
{
    uint32_t index = s->free;
    if (index == NOBODY)
        index = s->fresh++;
    else
        s->free = s->followed[index].next;
    uint32_t *bucket = bucket_of(s, object);
    s->followed[index] = (struct followed){object, place, octets, 0, *bucket};
    *bucket = index + 1;
    s->count++;
    return index;
}

/* ---- looking ahead ---- */

/* Each step reads what the one before it asked for. */
void stack_distance_expect(const struct stack_distance *s, uint64_t object, unsigned ahead)
{
    uint32_t *bucket = bucket_of(s, object);
    if (ahead > 1) {
        __builtin_prefetch(bucket);
        return;
    }
    if (*bucket == 0)
        return;
    const struct followed *f = &s->followed[*bucket - 1];
    if (ahead == 1) {
        __builtin_prefetch(f, 1);
        return;
    }
    uint32_t block = f->position / BLOCK * BLOCK;
    __builtin_prefetch(&s->line[f->position], 1);
    for (uint32_t at = block; at <= f->position; at += 64 / sizeof *s->weight)
        __builtin_prefetch(&s->weight[at], 1);
}

/* ---- counting ---- */

static uint64_t scaled(const struct stack_distance *s, uint64_t number)
{
    return number > UINT64_MAX >> s->shift ? UINT64_MAX : number << s->shift;
}

static void add(uint64_t *sum, uint64_t number)
{
    *sum = *sum > UINT64_MAX - number ? UINT64_MAX : *sum + number;
}

/* The smallest capacity that is enough. */
static unsigned capacity_for(const struct stack_distance *s, uint64_t distance)
{
    unsigned i = 0;
    while (i < STACK_CAPACITIES && s->least << i < distance)
        i++;
    return i;
}

static void count_hit(struct stack_distance *s, const struct followed *f, uint64_t weight)
{
    uint64_t distance = s->octets - octets_before(s, f->position);
    unsigned i = capacity_for(s, scaled(s, distance));
    add(&s->hits[i], scaled(s, 1));
    add(&s->weights[i], scaled(s, weight));
}

void stack_distance_touch(struct stack_distance *s, uint64_t place, uint64_t object,
                          uint64_t octets, uint64_t weight)
{
    assert(object != 0);
    s->seen++;
    add(&s->seen_weight, weight);
    if (!is_sampled(s, place))
        return;
    if (octets > LARGEST_OBJECT)
        octets = LARGEST_OBJECT;
    uint32_t index = find(s, object);
    if (index == NOBODY && s->count == s->most) {
        thin(s);
        if (!is_sampled(s, place))
            return;
    }
    add(&s->sampled, scaled(s, 1));
    add(&s->sampled_weight, scaled(s, weight));
    if (index != NOBODY) {
        count_hit(s, &s->followed[index], weight);
        leave(s, &s->followed[index]);
    } else {
        index = follow(s, place, object, octets);
    }
    if (s->end == s->length)
        move_up(s);
    stand(s, index);
}

/* ---- the curve ---- */

/* number * whole / part: from what the sample shows to what it stands for. Dividing by what was
 * sampled rather than by the rate takes out most of the sample's luck (SHARDS-adj). */
static uint64_t in_proportion(uint64_t number, uint64_t whole, uint64_t part)
{
    if (part == 0)
        return 0;
    unsigned __int128 product = (unsigned __int128)number * whole / part;
    return product > whole ? whole : (uint64_t)product;
}

struct stack_point stack_distance_point(const struct stack_distance *s, unsigned index)
{
    struct stack_point point = {.capacity = UINT64_MAX};
    assert(index <= STACK_CAPACITIES);
    if (index < STACK_CAPACITIES)
        point.capacity = s->least << index;
    for (unsigned i = 0; i <= index; i++) {
        add(&point.hits, s->hits[i]);
        add(&point.weight, s->weights[i]);
    }
    point.hits = in_proportion(point.hits, s->seen, s->sampled);
    point.weight = in_proportion(point.weight, s->seen_weight, s->sampled_weight);
    return point;
}

uint32_t stack_distance_sampled_ppm(const struct stack_distance *s)
{
    return 1000000u >> s->shift;
}

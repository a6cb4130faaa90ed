/* dice - numbers that look random and follow from a seed: the same everywhere
 * and for ever (splitmix64, by Sebastiano Vigna).
 *
 * One roll in an expression: of two, C does not say which comes first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* 0 to count - 1. */
static inline uint32_t dice_below(struct dice *dice, uint32_t count)
{
    return (uint32_t)((dice_roll(dice) >> 32) * count >> 32);
}

static inline bool dice_percent(struct dice *dice, uint32_t percent)
{
    return dice_below(dice, 100) < percent;
}

/* Dice of their own for one purpose: whatever else is rolled changes nothing
 * for them. */
static inline struct dice dice_for(uint64_t seed, uint64_t purpose)
{
    struct dice dice = {seed ^ purpose * 0xD1342543DE82EF95u};
    dice.state = dice_roll(&dice);
    return dice;
}

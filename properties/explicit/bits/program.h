/* A program of bit operations, run on a block of states.
 *
 * A program (properties/explicit/bits/program.py) is one list of instructions. A register holds one bit of each of some
 * states: bit r of group g stands for state 64 g + r of the block. Register 0 is empty; those after it are bits of the
 * states themselves. Those after them, up to `shared`, keep their values for the whole block, and are computed where they are
 * first needed. A literal is twice a register, plus one if the opposite is meant.
 *
 * A step is: its guard parts, narrowing `mask` to the states where it is enabled; the probes about it; the bits that
 * it flips; EMIT, which takes it from each of those states.
 */
#include "states.h"

#define MOST_GROUPS (AT_ONCE / 64)
#define CANDIDATES 256
#define MOST_THREADS 32
#define MOST_FLIPS 512

enum { AND, ANDN, NOR, XOR, STEP, GUARD, TAKEN, PROBE, FLIP, EMIT, PART, NOTE, SKIP, OUT, PLANE };
enum { OF_STEP, OF_REFUSED, OF_STATE, OF_STUCK };

typedef struct {
  i32 op, dst, a, b;
} Instruction;

typedef struct {
  const Instruction *code;
  i32 length, registers, shared, inputs;
  i32 steps, actions, parts, clauses;
  const i32 *input_bits; /* of each input register: 64 times its word, plus its bit */
} Program;

typedef struct {
  u64 transitions, stutters;
  u8 *fired;       /* by action: enabled somewhere */
  u8 *refused;     /* by guard part: false somewhere */
  i32 *best_order; /* by clause: the first place in the list of probes that shows it; below 0: not looked for */
  i32 *best_row;   /* and the first row of the block where it does */
} Notes;

typedef struct {
  u64 count, room;
  u32 *before, *after, *step;
} Edges;

typedef struct {
  int word;
  u64 bit;
  const u64 *where; /* the register, and all ones if its opposite is meant */
  u64 opposite;
} Flip;

typedef struct {
  States *s;
  const Program *p;
  Notes notes;
  Hand *hand;
  Edges *edges; /* if transitions are asked for instead of new states */
  u64 (*reg)[MOST_GROUPS];
  u32 *done, epoch;
  int groups, rows, environment, step;
  const u64 *from; /* the rows that are expanded: those of the search, or of the caller */
  u64 first;      /* the number of the block's first state */
  i32 offset;     /* where it is in the caller's block */
  u64 valid[MOST_GROUPS], mask[MOST_GROUPS], stuck[MOST_GROUPS];
  Flip flips[MOST_FLIPS];
  int flip_count;
  u64 candidate[CANDIDATES][MOST_WORDS], hashes[CANDIDATES];
  u32 before[CANDIDATES], by[CANDIDATES];
  int waiting;
  int status;
  u64 (*plane)[MOST_GROUPS]; /* bits of states in numpy's words, if those are asked for */
} Worker;

/* What is done with the states that steps lead to ---------------------------------------------------------------- */

static void edge(Worker *k, u32 before, u32 step, u32 after) {
  Edges *e = k->edges;
  if (e->count == e->room) {
    u64 room = e->room ? 2 * e->room : 4096;
    u32 *one = realloc(e->before, room * 4);
    if (one) e->before = one;
    u32 *two = realloc(e->after, room * 4);
    if (two) e->after = two;
    u32 *three = realloc(e->step, room * 4);
    if (three) e->step = three;
    if (!one || !two || !three) {
      k->status = FULL;
      return;
    }
    e->room = room;
  }
  e->before[e->count] = before, e->step[e->count] = step, e->after[e->count++] = after;
}

INLINE void flush(Worker *k, int words) {
  States *s = k->s;
  u64 nowhere;
  u32 number_bits = ((u32)1 << s->bits) - 1;
  for (int i = 0; i < k->waiting; i++) {
    u32 entry = look(&s->table[slot(s, k->hashes[i])]);
    if (entry && (entry & ~number_bits) == tag(s, k->hashes[i]))
      __builtin_prefetch(s->rows + (u64)number_of(s, entry) * words);
  }
  for (int i = 0; i < k->waiting && k->status == DONE; i++)
    if (k->edges)
      edge(k, k->before[i], k->by[i], find(s, k->candidate[i], k->hashes[i], words, &nowhere));
    else
      k->status = add(s, k->hand, k->candidate[i], k->hashes[i], words);
  k->waiting = 0;
}

INLINE void take(Worker *k, int words, int g, u64 enabled) {
  States *s = k->s;
  u64 everywhere[MOST_WORDS] = {0};
  const Flip *partly[MOST_FLIPS];
  u64 where[MOST_FLIPS];
  int parts = 0;
  for (int i = 0; i < k->flip_count; i++) {
    const Flip *f = &k->flips[i];
    u64 flips = (f->where[g] ^ f->opposite) & enabled;
    if (flips == enabled)
      everywhere[f->word] ^= f->bit;
    else if (flips)
      partly[parts] = f, where[parts++] = flips;
  }
  while (enabled) {
    int r = __builtin_ctzll(enabled);
    enabled &= enabled - 1;
    u64 delta[MOST_WORDS], moved = 0, *to = k->candidate[k->waiting];
    const u64 *from = k->from + (k->first + 64 * g + r) * words;
    for (int w = 0; w < words; w++) delta[w] = everywhere[w];
    for (int i = 0; i < parts; i++) delta[partly[i]->word] ^= -(where[i] >> r & 1) & partly[i]->bit;
    for (int w = 0; w < words; w++) moved |= delta[w], to[w] = from[w] ^ delta[w];
    if (!moved) continue;
    k->notes.transitions++;
    if (!k->environment) k->stuck[g] &= ~((u64)1 << r);
    if (s->symmetric) canonical(s, to, words);
    u64 h = hash(to, words);
    __builtin_prefetch(&s->table[slot(s, h)]);
    k->hashes[k->waiting] = h;
    if (k->edges) k->before[k->waiting] = (u32)(k->first + 64 * g + r), k->by[k->waiting] = k->step;
    if (++k->waiting == CANDIDATES) flush(k, words);
  }
}

INLINE void emit(Worker *k, int words) {
  u64 enabled = 0, before = k->notes.transitions;
  for (int g = 0; g < k->groups; g++) enabled += __builtin_popcountll(k->mask[g]);
  if (k->flip_count)
    for (int g = 0; g < k->groups; g++)
      if (k->mask[g]) take(k, words, g, k->mask[g]);
  k->notes.stutters += enabled - (k->notes.transitions - before);
}

static void emit_all(Worker *k) {
  switch (k->s->words) {
  case 1: emit(k, 1); break;
  case 2: emit(k, 2); break;
  case 3: emit(k, 3); break;
  case 4: emit(k, 4); break;
  default: emit(k, k->s->words);
  }
}

static void flush_all(Worker *k) { flush(k, k->s->words); }

/* Running a program on a block ----------------------------------------------------------------------------------- */

static void transpose(u64 a[64]) {
  u64 m = 0x00000000FFFFFFFFu;
  for (int j = 32; j; j >>= 1, m ^= m << j)
    for (int k = 0; k < 64; k = ((k | j) + 1) & ~j) {
      u64 t = ((a[k] >> j) ^ a[k | j]) & m;
      a[k] ^= t << j, a[k | j] ^= t;
    }
}

/* The bits of the block's states, as the first registers. */
static void load(Worker *k) {
  int words = k->s->words;
  u64 rows[64];
  for (int g = 0; g < k->groups; g++)
    for (int w = 0; w < words; w++) {
      for (int r = 0; r < 64; r++) {
        u64 row = 64 * g + r;
        rows[r] = row < (u64)k->rows ? k->from[(k->first + row) * words + w] : 0;
      }
      transpose(rows);
      for (int i = 0; i < k->p->inputs; i++)
        if (k->p->input_bits[i] >> 6 == w) k->reg[1 + i][g] = rows[k->p->input_bits[i] & 63];
    }
}

/* Whether a clause is looked for at this place: an earlier one is better, and an earlier row at the same. */
INLINE int wanted(const Worker *k, i32 clause, i32 order) { return order <= k->notes.best_order[clause]; }

static void note(Worker *k, i32 clause, i32 order, int g, u64 holds) {
  i32 row = k->offset + 64 * g + __builtin_ctzll(holds), *best = &k->notes.best_row[clause];
  if (order < k->notes.best_order[clause] || row < *best) k->notes.best_order[clause] = order, *best = row;
}

static void probe(Worker *k, i32 clause, i32 order, const u64 *at, u64 opposite, int kind) {
  for (int g = 0; g < k->groups; g++) {
    u64 holds = k->valid[g] & (at[g] ^ opposite);
    if (kind == OF_STEP) holds &= k->mask[g];
    if (kind == OF_REFUSED) holds &= ~k->mask[g];
    if (kind == OF_STUCK) holds &= k->stuck[g];
    if (holds) {
      note(k, clause, order, g, holds);
      return;
    }
  }
}

#define EACH for (int g = 0; g < groups; g++)
#define OPPOSITE(literal) (-(u64)((literal) & 1))
#define COMPUTED(operation)                                  \
  if (i->dst < shared) {                                     \
    if (k->done[i->dst] == k->epoch) break;                  \
    k->done[i->dst] = k->epoch;                              \
  }                                                          \
  {                                                          \
    u64 *restrict d = reg[i->dst];                           \
    const u64 *x = reg[i->a], *y = reg[i->b];                \
    EACH d[g] = operation;                                   \
  }                                                          \
  break

static void run(Worker *k, u8 *out) {
  const Instruction *code = k->p->code, *end = code + k->p->length;
  const int groups = (k->groups + 3) & ~3, shared = k->p->shared;
  u64(*reg)[MOST_GROUPS] = k->reg;
  for (const Instruction *i = code; i < end; i++) switch (i->op) {
    case AND: COMPUTED(x[g] & y[g]);
    case ANDN: COMPUTED(x[g] & ~y[g]);
    case NOR: COMPUTED(~(x[g] | y[g]));
    case XOR: COMPUTED(x[g] ^ y[g]);
    case PART:
      if (k->notes.refused[i->dst]) i = code + i->b - 1;
      break;
    case NOTE: {
      u64 is_false = 0, opposite = ~OPPOSITE(i->a), *at = reg[i->a >> 1];
      EACH is_false |= (at[g] ^ opposite) & k->valid[g];
      if (is_false) k->notes.refused[i->dst] = 1;
      break;
    }
    case STEP:
      k->step = i->dst, k->flip_count = 0;
      EACH k->mask[g] = k->valid[g];
      break;
    case GUARD: {
      u64 enabled = 0, opposite = OPPOSITE(i->a), *at = reg[i->a >> 1];
      EACH enabled |= k->mask[g] &= at[g] ^ opposite;
      if (!enabled) i = code + i->b - 1;
      break;
    }
    case TAKEN: {
      u64 enabled = 0;
      EACH enabled |= k->mask[g];
      if (!enabled)
        i = code + i->b - 1;
      else
        k->notes.fired[i->dst] = 1;
      break;
    }
    case SKIP:
      if (!wanted(k, i->dst, i->a)) i = code + i->b - 1;
      break;
    case PROBE: /* b: four times the place in the list of probes, plus the kind */
      probe(k, i->dst, i->b >> 2, reg[i->a >> 1], OPPOSITE(i->a), i->b & 3);
      break;
    case FLIP:
      k->flips[k->flip_count++] = (Flip){
          .word = i->dst >> 6, .bit = (u64)1 << (i->dst & 63), .where = reg[i->a >> 1], .opposite = OPPOSITE(i->a)};
      break;
    case EMIT:
      k->environment = i->a;
      emit_all(k);
      break;
    case PLANE: {
      u64 opposite = OPPOSITE(i->a), *at = reg[i->a >> 1];
      EACH k->plane[i->dst][g] = at[g] ^ opposite;
      break;
    }
    case OUT: {
      u64 opposite = OPPOSITE(i->a), *at = reg[i->a >> 1];
      for (int r = 0; r < k->rows; r++) out[r] |= ((at[r >> 6] ^ opposite) >> (r & 63) & 1) << i->dst;
      break;
    }
  }
}

static void block(Worker *k, u64 first, int rows, i32 offset, u8 *out) {
  k->first = first, k->rows = rows, k->offset = offset, k->groups = (rows + 63) / 64, k->epoch++;
  for (int g = 0; g < MOST_GROUPS; g++) {
    int left = rows - 64 * g;
    k->valid[g] = left >= 64 ? ~(u64)0 : left > 0 ? ((u64)1 << left) - 1 : 0;
    k->stuck[g] = k->valid[g];
  }
  load(k);
  run(k, out);
}


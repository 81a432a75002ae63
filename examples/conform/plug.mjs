// A recovery plug in JavaScript: one processor's layer, written from SPEC.md and docs/conform.md.
//
// A token is JSON of this layer's own making: its ring, its hop number, and one character a member for the bitmap.
// A ring is [representative, seq]; the layer knows it by its text.

const RECOVERY = 0

const same = (one, other) => one !== null && other !== null && one[0] === other[0] && one[1] === other[1]

export class CallRefused extends Error {}

export class Plug {
  constructor(processor) {
    this.me = processor
    this.installed = null // {ring, members, accepted, held}: held is the bitmap of a ring of one
    this.pending = null
    this.gateOpen = false
    this.handles = new Set()
    this.plugged = new Set()
    this.nextHandle = 0
    this.queued = [] // {priority, queuedIn, message, count, sent}
    this.half = null // the number of the message that is half sent, perhaps in another ring
    this.messageCount = 0
    this.received = { ring: null, seq: 0, begun: new Map() } // of the ring that was installed last
  }

  ringPending(ring, members) {
    const sorted = [...members].sort((one, other) => one - other)
    const bitmap = '0'.repeat(sorted.length)
    const alone = sorted.length === 1
    this.pending = { ring, members: sorted, accepted: -1, held: alone ? bitmap : null }
    return ring[0] === this.me && !alone ? JSON.stringify({ ring, hop: 0, bitmap }) : null
  }

  transitional(ring) {
    if (!same(this.installed?.ring ?? null, ring)) throw new CallRefused('this ring is not installed')
    this.installed = null
    this.gateOpen = false
    for (const waiting of this.queued) waiting.sent = 0 // in another ring a message starts again (D10)
  }

  regular(ring) {
    if (this.installed || !same(this.pending?.ring ?? null, ring)) throw new CallRefused('this ring is not pending')
    this.installed = this.pending
    this.pending = null
    this.gateOpen = false
    this.plugged = new Set(this.handles) // what was unplugged before does not count (D4)
    this.received = { ring, seq: 0, begun: new Map() } // parts of an older ring are of no use (D10)
  }

  tokenReceived(text, packetCount) {
    const token = JSON.parse(text)
    const ring = [this.installed, this.pending].find((one) => one && same(one.ring, token.ring))
    if (!ring || ring.held !== null) return { refused: 'it is of no ring of mine' }
    if (token.hop <= ring.accepted) return { refused: 'its number is not new' }
    ring.accepted = token.hop
    const next = { ...token, hop: token.hop + 1 }
    if (ring === this.pending) return { packets: [], token: JSON.stringify(next) } // passed on unchanged (D8)
    next.bitmap = this.plugStep(ring, token.bitmap)
    return { packets: this.originate(packetCount), token: JSON.stringify(next) }
  }

  visitAlone(packetCount) {
    if (!this.installed || this.installed.held === null) throw new CallRefused('this is no ring of one')
    this.installed.held = this.plugStep(this.installed, this.installed.held)
    return { packets: this.originate(packetCount), token: null }
  }

  // The bitmap as it is sent on: with one's own bit if all plugs are out and nothing of this ring is to be recovered.
  plugStep(ring, bitmap) {
    const position = ring.members.indexOf(this.me)
    const after = this.isReady(ring) ? bitmap.slice(0, position) + '1' + bitmap.slice(position + 1) : bitmap
    if (!after.includes('0')) this.gateOpen = true
    return after
  }

  isReady(ring) {
    const unsent = this.queued.some((one) => one.priority === RECOVERY && same(one.queuedIn, ring.ring))
    return this.plugged.size === 0 && !unsent
  }

  originate(packetCount) {
    const packets = []
    while (packets.length < packetCount) {
      const waiting = this.next()
      if (!waiting) break
      const { priority, queuedIn, message, count } = waiting
      packets.push({ priority, queued_in: queuedIn, message, index: waiting.sent, count })
      waiting.sent += 1
      if (waiting.sent === count) this.queued.splice(this.queued.indexOf(waiting), 1)
      if (priority !== RECOVERY) this.half = waiting.sent < count ? message : null
    }
    return packets
  }

  // Recovery first, then what is half sent, then by priority; of equals the oldest.
  next() {
    const rank = ({ priority, message }) => (priority === RECOVERY ? 0 : message === this.half ? 1 : 1 + priority)
    const allowed = this.queued.filter((one) => this.gateOpen || one.priority === RECOVERY)
    return allowed.reduce((best, one) => (best && rank(best) <= rank(one) ? best : one), undefined)
  }

  queue(priority, packetCount) {
    this.messageCount += 1
    const queuedIn = this.installed?.ring ?? null
    this.queued.push({ priority, queuedIn, message: this.messageCount, count: packetCount, sent: 0 })
  }

  // A message is delivered when all its packets have arrived in one ring. Of each sender two may be unfinished: a
  // recovery message, and another one.
  packetReceived(ring, seq, { sender, priority, queued_in, message, index, count }) {
    const { received } = this
    if (!same(received.ring, ring) || seq <= received.seq) return null
    received.seq = seq
    const stream = this.stream(sender, priority)
    const before = received.begun.get(stream)
    received.begun.delete(stream)
    if (index > 0 && (before?.message !== message || before.count !== index)) return null // one before it is missing
    if (index + 1 === count) return { sender, message, priority, queued_in }
    received.begun.set(stream, { message, count: index + 1 })
    return null
  }

  stream(sender, priority) {
    return `${sender} ${priority === RECOVERY}`
  }

  create() {
    const handle = this.nextHandle++
    this.handles.add(handle)
    return handle
  }

  unplug(handle) {
    this.checkHandle(handle)
    this.plugged.delete(handle)
  }

  destroy(handle) {
    this.checkHandle(handle)
    this.handles.delete(handle)
    this.plugged.delete(handle) // destroying a plugged handle counts as its unplug (D2)
  }

  checkHandle(handle) {
    if (!this.handles.has(handle)) throw new CallRefused(`handle ${handle} is not registered`)
  }

  observe() {
    const held = this.installed?.held ?? null
    return {
      installed: this.installed?.ring ?? null,
      pending: this.pending?.ring ?? null,
      gate_open: this.gateOpen,
      registered: [...this.handles],
      plugged: [...this.plugged],
      recovery_waiting: this.queued.filter((one) => one.priority === RECOVERY).map((one) => one.queuedIn),
      held: held === null ? null : positions(held),
    }
  }

  readToken(text) {
    const { ring, bitmap } = JSON.parse(text)
    return { ring, positions: positions(bitmap) }
  }
}

const positions = (bitmap) => [...bitmap].flatMap((bit, position) => (bit === '1' ? [position] : []))

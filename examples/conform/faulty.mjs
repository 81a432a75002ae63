// The same plug with one fault, by name. Each is found by the directed cases, whatever the seed.
//
// ringplug conform -- node examples/conform/faulty.mjs tokens-have-no-number      (exit code 1)

import { Plug } from './plug.mjs'
import { serve } from './serve.mjs'

const FAULTS = {
  // A member looks whether the bitmap is complete only when it sets its own bit. So who set its bit before the last
  // member did never opens its gate.
  'judges-only-when-setting': class extends Plug {
    plugStep(ring, bitmap) {
      const wasOpen = this.gateOpen
      const after = super.plugStep(ring, bitmap)
      this.gateOpen = wasOpen || (after !== bitmap && !after.includes('0'))
      return after
    }
  },

  // Late and duplicated tokens cannot be told from the token.
  'tokens-have-no-number': class extends Plug {
    tokenReceived(text, packetCount) {
      for (const ring of [this.installed, this.pending]) if (ring) ring.accepted = -1
      const said = super.tokenReceived(text, packetCount)
      return said.token ? { ...said, token: JSON.stringify({ ...JSON.parse(said.token), hop: 0 }) } : said
    }
  },

  // A high priority message goes before a medium or low priority one that is half sent.
  'higher-priority-overtakes-half-sent': class extends Plug {
    next() {
      this.half = null
      return super.next()
    }
  },

  // A message that is half sent when its ring is left goes on in the next one.
  'half-sent-resumes-in-the-next-ring': class extends Plug {
    transitional(ring) {
      const sent = this.queued.map((one) => one.sent)
      super.transitional(ring)
      this.queued.forEach((one, i) => { one.sent = sent[i] })
    }
  },

  // A receiver keeps the parts that arrived in a ring that was left, and puts them together with those of the next one.
  'receiver-keeps-parts-across-a-change': class extends Plug {
    regular(ring) {
      const { begun } = this.received
      super.regular(ring)
      this.received.begun = begun
    }
  },

  // A receiver forgets what it has of a message when a recovery message of the same sender comes between.
  'receiver-has-room-for-one-message': class extends Plug {
    stream(sender) {
      return `${sender}`
    }
  },

  // A receiver drops its parts when the ring is left, although the rest of them may still come.
  'receiver-drops-parts-too-early': class extends Plug {
    transitional(ring) {
      super.transitional(ring)
      this.received.begun.clear()
    }
  },

  // A receiver that misses a packet takes nothing more of its ring.
  'receiver-stops-at-a-missing-packet': class extends Plug {
    packetReceived(ring, seq, packet) {
      return seq > this.received.seq + 1 ? null : super.packetReceived(ring, seq, packet)
    }
  },
}

const name = process.argv[2] ?? 'judges-only-when-setting'
if (!(name in FAULTS)) throw new Error(`unknown fault ${name}; there are ${Object.keys(FAULTS).join(', ')}`)
serve(FAULTS[name])

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
}

const name = process.argv[2] ?? 'judges-only-when-setting'
if (!(name in FAULTS)) throw new Error(`unknown fault ${name}; there are ${Object.keys(FAULTS).join(', ')}`)
serve(FAULTS[name])

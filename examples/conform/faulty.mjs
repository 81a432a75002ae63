// The same plug with one fault: a member looks whether the bitmap is complete only when it sets its own bit. So who set
// its bit before the last member did never opens its gate.
//
// ringplug conform -- node examples/conform/faulty.mjs      (exit code 1)

import { Plug } from './plug.mjs'
import { serve } from './serve.mjs'

class FaultyPlug extends Plug {
  plugStep(ring, bitmap) {
    const wasOpen = this.gateOpen
    const after = super.plugStep(ring, bitmap)
    this.gateOpen = wasOpen || (after !== bitmap && !after.includes('0'))
    return after
  }
}

serve(FaultyPlug)

// Puts a plug layer behind JSON Lines: one request a line on standard input, one answer a line on standard output.

import { createInterface } from 'node:readline'
import { CallRefused } from './plug.mjs'

const FORMAT = 'ringplug-conform-2'

const CALLS = {
  ring_pending: (plug, { ring, members }) => ({ token: plug.ringPending(ring, members) }),
  transitional: (plug, { ring, members }) => plug.transitional(ring, members),
  regular: (plug, { ring, members }) => plug.regular(ring, members),
  token_received: (plug, { token, packet_count }) => plug.tokenReceived(token, packet_count),
  visit_alone: (plug, { packet_count }) => plug.visitAlone(packet_count),
  queue: (plug, { priority, packet_count }) => plug.queue(priority, packet_count),
  create: (plug) => ({ handle: plug.create() }),
  unplug: (plug, { handle }) => plug.unplug(handle),
  destroy: (plug, { handle }) => plug.destroy(handle),
  packet_received: (plug, { ring, seq, ...packet }) => ({ delivered: plug.packetReceived(ring, seq, packet) }),
  observe: (plug) => plug.observe(),
  read_token: (plug, { token }) => plug.readToken(token),
}

export function serve(Layer) {
  let plug = null
  const answer = (request) => {
    if (request.call === 'start') {
      plug = new Layer(request.processor)
      return { format: FORMAT }
    }
    return CALLS[request.call](plug, request) ?? {}
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    let said
    try {
      said = answer(JSON.parse(line))
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error
      said = { call_refused: error.message }
    }
    process.stdout.write(JSON.stringify(said) + '\n')
  })
}

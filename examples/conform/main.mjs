// ringplug conform -- node examples/conform/main.mjs

import { Plug } from './plug.mjs'
import { serve } from './serve.mjs'

serve(Plug)

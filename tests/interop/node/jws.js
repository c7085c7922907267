// Verifies JWS with panva's jose: tells the payload, or why there is none.
import * as jose from 'jose'
import { hear, tell } from './service.js'

for (;;) {
  const { jws, payload } = await hear()
  try {
    const held = jws.includes('{') ? JSON.parse(jws) : jws
    if (payload !== undefined) held.payload = payload
    const key = ({ alg, x5c }) =>
      jose.importX509(`-----BEGIN CERTIFICATE-----\n${x5c[0]}\n-----END CERTIFICATE-----`, alg)
    const options = { crit: { sigD: true } }
    const verify = typeof held === 'string' ? jose.compactVerify : held.signatures ? jose.generalVerify : jose.flattenedVerify
    const verified = await verify(held, key, options)
    tell({ payload: new TextDecoder().decode(verified.payload), header: verified.protectedHeader })
  } catch (error) {
    tell({ error: error.code ?? String(error) })
  }
}

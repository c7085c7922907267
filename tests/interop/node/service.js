// What the scripts share: JSON, a line each way, and a configured openid-client.
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

export async function hear() {
  return JSON.parse((await lines.next()).value)
}

export function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

// The issuer, a client id, and a secret or a key: discovery finds out the rest.
export async function discover({ issuer, client_id, client_secret, private_jwk, method }) {
  const proofs = {
    client_secret_basic: () => client.ClientSecretBasic(client_secret),
    client_secret_post: () => client.ClientSecretPost(client_secret),
    private_key_jwt: async () => client.PrivateKeyJwt(await importKey(private_jwk)),
  }
  const config = await client.discovery(
    new URL(issuer),
    client_id,
    undefined,
    await proofs[method](),
    { execute: [client.allowInsecureRequests] }, // plain http on this machine
  )
  client.enableNonRepudiationChecks(config) // the ID token's signature too
  return config
}

async function importKey(jwk) {
  const algorithm =
    jwk.kty === 'EC'
      ? { name: 'ECDSA', namedCurve: jwk.crv }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return {
    kid: jwk.kid,
    key: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
  }
}

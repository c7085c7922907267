// What the scripts share: JSON, a line each way; keys; and a configured openid-client.
import { createInterface } from 'node:readline'
import * as client from 'openid-client'
import { Agent, fetch } from 'undici'

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
}
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

export async function hear() {
  return JSON.parse((await lines.next()).value)
}

export function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

// What was refused, in the provider's words; an error where nothing was.
export async function refusal(asked) {
  try {
    await asked
  } catch (error) {
    return error.error ?? error.cause?.[0]?.parameters?.error ?? String(error)
  }
  throw new Error('it was not refused')
}

export async function importKey(jwk) {
  const key = await crypto.subtle.importKey('jwk', jwk, ALGORITHMS[jwk.alg], false, ['sign'])
  return { kid: jwk.kid, key }
}

export async function importDecryptionKey(jwk) {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['decrypt'])
  return { kid: jwk.kid, alg: 'RSA-OAEP-256', key }
}

// The issuer, a client id, and a secret, a key or a certificate: discovery finds out the rest.
export async function discover(service) {
  const proofs = {
    none: () => client.None(),
    client_secret_basic: () => client.ClientSecretBasic(service.client_secret),
    client_secret_post: () => client.ClientSecretPost(service.client_secret),
    private_key_jwt: async () => client.PrivateKeyJwt(await importKey(service.private_jwk)),
    tls_client_auth: () => client.TlsClientAuth(),
    self_signed_tls_client_auth: () => client.TlsClientAuth(),
  }
  const insecure = service.issuer.startsWith('http:') // plain http on this machine
  const config = await client.discovery(
    new URL(service.issuer),
    service.client_id,
    { use_mtls_endpoint_aliases: Boolean(service.certificate), ...service.metadata },
    await proofs[service.method](),
    {
      execute: insecure ? [client.allowInsecureRequests] : [],
      [client.customFetch]: service.tls && over(service),
    },
  )
  client.enableNonRepudiationChecks(config) // the signatures of ID tokens and answers too
  return config
}

// Over TLS by the edge's certificate, with the client's own where it has one.
function over({ tls, certificate }) {
  const dispatcher = new Agent({ connect: { ca: tls, ...certificate } })
  return (url, options) => fetch(url, { ...options, dispatcher })
}

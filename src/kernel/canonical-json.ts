/**
 * Canonical JSON (RFC 8785) and the digests taken over it. Whatever is hashed or signed goes through here,
 * so the same value always yields the same bytes.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** UTF-8 text of the canonical form. Throws a TypeError on NaN, infinities and values JSON cannot hold. */
export const canonicalJson = (value: Json): string => {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
};

/** Lower-case hex SHA-256 of the canonical form. */
export const digestOf = (value: Json): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');

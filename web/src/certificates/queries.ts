import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, queries, type Schemas } from '../api/client';

export type Signer = Schemas['Signer'];
export type Issued = Schemas['IssuedCertificate'];
export type Whole = Schemas['WholeCertificate'];

export const signersQuery = queryOptions({ queryKey: ['certificates', 'signers'], queryFn: () => answer(api.GET('/v1/ca')) });

export const bundleQuery = queryOptions({ queryKey: ['certificates', 'bundle'], queryFn: () => answer(api.GET('/v1/ca/bundle')) });

export const certificateQuery = (serial: string) =>
  queryOptions({
    queryKey: ['certificates', 'one', serial],
    refetchInterval: 30_000,
    queryFn: () => answer(api.GET('/v1/certificates/{serial}', { params: { path: { serial } } })),
  });

// useSigners returns the keys of the built-in authority by their ids.
export function useSigners(): Map<string, Signer> {
  const { data } = useQuery(signersQuery);
  return new Map((data?.items ?? []).map((s) => [s.id, s]));
}

// renewCertificates asks again for everything that is shown of certificates.
export function renewCertificates() {
  return queries.invalidateQueries({ queryKey: ['certificates'] });
}

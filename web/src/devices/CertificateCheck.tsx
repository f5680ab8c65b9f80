import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { answer, api } from '../api/client';
import { Refused, Why } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { words } from './words';

// CertificateCheck says, while it is being pasted, what would become of a device that shows a certificate now.
export function CertificateCheck({ text }: { text: string }) {
  const w = useWords(words);
  const certificate = useDeferredValue(text.trim());
  const { data, error } = useQuery({
    queryKey: ['check', 'certificate', certificate],
    enabled: certificate.includes('-----END') && certificate.length <= 65_536,
    queryFn: () => answer(api.POST('/v1/check/certificate', { body: { certificate } })),
  });
  if (error) {
    return <Refused error={error} />;
  }
  if (!data) {
    return null;
  }
  const fresh = data.reason === 'certificate-unknown';
  return (
    <div role="status">
      <Tag tone={fresh ? 'good' : 'care'}>{fresh ? w.certificateFresh : data.admitted ? w.certificateKnown(data.name ?? '') : <Why of={data} />}</Tag>
    </div>
  );
}

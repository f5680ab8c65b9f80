import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Chart } from '../parts/Chart';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { bucketsQuery } from './queries';
import { courseOf, varies, widthOf, type Stretch } from './range';
import { words } from './words';

interface Props {
  device: string;
  name: string;
  stretch: Stretch;
  from: number;
  to: number;
  zoom: (from: number, to: number) => void;
}

// Numbers draws the readings of one key: their mean, and between what they lay.
export function Numbers({ device, name, stretch, zoom, ...span }: Props) {
  const w = useWords(words);
  const { data, error, refetch } = useQuery(bucketsQuery(device, name, stretch));
  const width = widthOf(stretch);
  const { times, values, low, high } = useMemo(() => courseOf(data ?? [], width), [data, width]);
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <Chart
      label={name}
      head={<strong>{name}</strong>}
      none={data ? w.none : ' '}
      times={times}
      values={values}
      {...(varies(low, high) ? { low, high } : {})}
      {...span}
      height={136}
      sync={device}
      zoom={zoom}
    />
  );
}

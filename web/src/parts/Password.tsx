import { PasswordInput } from '@mantine/core';
import { useWords } from '../words/words';
import { words } from './words';

interface Props {
  label: string;
  description?: string;
  fresh?: boolean; // one that is made up now, and not one that is known
  size?: string;
  autoFocus?: boolean;
  value: string;
  change: (password: string) => void;
}

// Password takes a password, and shows it to who wants to see what they type.
export function Password({ fresh, change, ...props }: Props) {
  const w = useWords(words);
  return (
    <PasswordInput
      {...props}
      autoComplete={fresh ? 'new-password' : 'current-password'}
      minLength={fresh ? 10 : undefined}
      maxLength={256}
      required
      withAsterisk={false}
      visibilityToggleButtonProps={{ 'aria-label': w.showPassword }}
      onChange={(e) => change(e.currentTarget.value)}
    />
  );
}

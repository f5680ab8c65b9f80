import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useWords } from '../words/words';
import { words } from './words';

// Dialog is open for as long as it is there. When it goes, the focus is where it was before: on what has opened it, or on the menu that
// this was in.
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  const w = useWords(words);
  const [opener] = useState(() => document.activeElement);
  useEffect(() => {
    const menu = opener?.closest('[role=menu]')?.getAttribute('aria-labelledby');
    const back = menu ? document.getElementById(menu) : opener;
    return () => {
      if (back instanceof HTMLElement && document.activeElement === document.body) {
        back.focus({ preventScroll: true });
      }
    };
  }, [opener]);
  return <Modal opened closeButtonProps={{ 'aria-label': w.close }} {...props} />;
}

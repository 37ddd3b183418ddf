import type { ReactNode } from 'react';
import { Modal } from '../ui/dialog.tsx';
import { StepUpForm } from './step-up-form.tsx';

export const StepUpDialog = ({ onDone }: { readonly onDone: (proved: boolean) => void }): ReactNode => (
  <Modal
    open
    onClose={() => onDone(false)}
    title="Is it you?"
    description="What you are about to do changes the rules, or who can sign in. Prove who you are; it is good for five minutes."
  >
    <StepUpForm onProved={() => onDone(true)} />
  </Modal>
);

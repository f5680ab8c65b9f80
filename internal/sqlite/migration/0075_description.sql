-- What people say of a device, in as many words as they like.
ALTER TABLE device ADD COLUMN description TEXT NOT NULL DEFAULT '';

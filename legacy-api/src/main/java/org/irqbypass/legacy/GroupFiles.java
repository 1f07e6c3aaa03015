package org.irqbypass.legacy;

import com.google.common.collect.ImmutableList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;

/**
 * The open groups that a VM was told of, with a reference on each ({@code kvm_vfio.file_list}).
 * Guarded by the device's lock.
 */
final class GroupFiles {
  private final DescriptorTable descriptors;
  private final Set<VfioGroupFile> files = new LinkedHashSet<>();

  GroupFiles(DescriptorTable descriptors) {
    this.descriptors = descriptors;
  }

  /** Adds the group behind a descriptor. */
  VfioGroup add(int fd) {
    OpenFile file = descriptors.fget(fd);
    boolean kept = false;
    try {
      if (!(file instanceof VfioGroupFile group)) {
        throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no VFIO group");
      }
      if (!files.add(group)) {
        throw new ErrnoException(Errno.EEXIST, group + " was added already");
      }
      kept = true;
      return group.group();
    } finally {
      if (!kept) {
        file.put();
      }
    }
  }

  /** Deletes the group behind a descriptor; whoever calls puts its reference. */
  VfioGroupFile delete(int fd) {
    // Linux looks for the file, whatever it is: what is no group was never added.
    if (descriptors.file(fd) instanceof VfioGroupFile group && files.remove(group)) {
      return group;
    }
    throw new ErrnoException(Errno.ENOENT, "descriptor " + fd + " was never added");
  }

  boolean has(VfioGroup group) {
    for (VfioGroupFile file : files) {
      if (file.group() == group) {
        return true;
      }
    }
    return false;
  }

  /** Forgets all groups; whoever calls puts the references. */
  ImmutableList<VfioGroupFile> clear() {
    ImmutableList<VfioGroupFile> all = ImmutableList.copyOf(files);
    files.clear();
    return all;
  }

  ImmutableList<VfioGroup> groups() {
    return files.stream().map(VfioGroupFile::group).collect(ImmutableList.toImmutableList());
  }
}
